import type { WishFields } from '../../model/wish.ts'
import type { SourceItem } from '../../port/source.ts'
import type { Micros } from '../../std/time.ts'
import { parseDuration } from '../../std/units.ts'
import { fieldOf } from './field.ts'

export type WishOptions = {
  readonly fields: WishFields
  /** What durations count from: the run's submission. */
  readonly since: Micros
}

export type Wished = Pick<SourceItem, 'priority' | 'notBefore' | 'due' | 'weight'>

/**
 * What an item says of its own release, due date, weight and priority, by the fields that the job
 * names. A field that is not there, or empty, says nothing; one that cannot be read is a problem.
 */
export function wishedBy(
  item: unknown,
  { fields, since }: WishOptions,
): Wished | { readonly problem: string } {
  const wished: { -readonly [Name in keyof Wished]: Wished[Name] } = {}
  for (const [what, field] of Object.entries(fields) as [keyof WishFields, string][]) {
    const value = fieldOf(item, field)
    if (value === undefined || value === null || value === '') continue
    const isTime = what === 'release' || what === 'due'
    const read = isTime ? instantOf(value, since) : numberOf(value, what === 'weight')
    if (read === undefined) {
      const said = JSON.stringify(value).slice(0, 80)
      return { problem: `${JSON.stringify(field)} is ${said}; expected ${expected[what]}` }
    }
    wished[what === 'release' ? 'notBefore' : what] = read
  }
  return wished
}

const TIME = "a duration from submission such as '90s', or an instant such as 2026-11-26T10:00:00Z"
const expected = {
  release: TIME,
  due: TIME,
  weight: 'a number of 0 or more',
  priority: 'a number',
}

function instantOf(value: unknown, since: Micros): Micros | undefined {
  if (typeof value !== 'string') return undefined
  const after = parseDuration(value)
  if (after !== undefined) return since + after
  // Without a zone an instant would mean another on every box.
  if (!/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(value)) return undefined
  const millis = Date.parse(value)
  return Number.isNaN(millis) ? undefined : millis * 1_000
}

/** Also of text, for a table has nothing else. */
function numberOf(value: unknown, positive: boolean): number | undefined {
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')
  const number = isNumeric ? Number(value) : Number.NaN
  return Number.isFinite(number) && (!positive || number >= 0) ? number : undefined
}
