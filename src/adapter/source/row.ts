import type { StageSpec } from '../../model/job.ts'
import type { Source, SourceItem } from '../../port/source.ts'
import { hash64 } from '../../std/hash64.ts'
import { fieldOf } from './field.ts'
import { type WishOptions, wishedBy } from './wishes.ts'

/** What every source is told about the items it makes. */
export type RowOptions = {
  /** The field that identifies an item; `undefined`: its index does. */
  readonly key: string | undefined
  /** The field that changes with the content; `undefined`: a hash of the content. */
  readonly version?: string
  readonly size: StageSpec['size']
  /** Where the job reads due dates, weights and the like from its items. */
  readonly wishes?: WishOptions
}

/** Items are few or many, but a read ends when they are so many characters together. */
export const LARGEST_CHUNK = 32 * 1024 * 1024

/** A source item that remembers the line it stood on, for messages. */
export type Row = SourceItem & { readonly line?: number }

/** A source that can say where an item stood: `pages.jsonl:12`, `item 12`. */
export type PlacedSource = Source & { place(index: number, line: number | undefined): string }

/**
 * One item of rows of JSON: its key, version and size read from `value`, whose text is `payload`.
 * A row that lacks its key is an item with a problem: it fails alone.
 */
export function row(
  payload: string,
  value: unknown,
  index: number,
  place: string | (() => string),
  options: RowOptions,
  line?: number,
): Row {
  let key: string | undefined = String(index)
  if (options.key !== undefined) {
    const named = fieldOf(value, options.key)
    key = asName(named)
    if (key === undefined || isRounded(named)) {
      const field = JSON.stringify(options.key)
      const found =
        key === undefined ? `no ${field} to identify the item by` : `${field} ${rounded}`
      const expected = key === undefined ? 'text or a number' : 'text'
      return problemRow(`${at(place)}: ${found}; expected ${expected}`, index, options, line)
    }
  }
  const wished = options.wishes === undefined ? {} : wishedBy(value, options.wishes)
  if ('problem' in wished)
    return problemRow(`${at(place)}: ${wished.problem}`, index, options, line, key)
  const named = options.version === undefined ? undefined : asName(fieldOf(value, options.version))
  const version = named ?? hash64(payload)
  return { key, payload, version, size: sizeOf(payload, value, options.size), line, ...wished }
}

/** An item that cannot be read. `#12` cannot be taken for the key of item 12. */
export function problemRow(
  problem: string,
  index: number,
  options: Pick<RowOptions, 'key'>,
  line?: number,
  named?: string,
): Row {
  const key = named ?? (options.key === undefined ? String(index) : `#${index}`)
  return { key, payload: 'null', version: hash64(problem), size: 1, problem, line }
}

/** Bytes of the JSON text, a numeric field, or 1; 1 too where the field is not a positive number. */
function sizeOf(payload: string, value: unknown, size: StageSpec['size']): number {
  if (size.kind === 'bytes') return Buffer.byteLength(payload)
  if (size.kind === 'one') return 1
  const amount = Number(fieldOf(value, size.field))
  return amount > 0 && Number.isFinite(amount) ? amount : 1
}

const at = (place: string | (() => string)): string => (typeof place === 'string' ? place : place())

/** What was read is not what was written: of two such numbers beside each other both are one. */
const isRounded = (value: unknown): boolean =>
  typeof value === 'number' && !Number.isSafeInteger(value) && !(Math.abs(value) < 2 ** 53)

const rounded = `is beyond what numbers hold exactly (${Number.MAX_SAFE_INTEGER})`

/** What can name an item: text that is not empty, a number, true or false. */
export function asName(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}
