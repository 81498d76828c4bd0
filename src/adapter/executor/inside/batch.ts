import { plural } from '../../../std/units.ts'
import type { Failure } from '../../../model/failure.ts'
import { answerOf, type ItemAnswer, type ResultRules } from './answer.ts'
import type { ItemContext } from './item-context.ts'
import { answerEnd, type End } from './item-end.ts'
import { thrown } from './thrown.ts'

type AnswerMaker = (rules: ResultRules, context: ItemContext) => ItemAnswer

/**
 * Calls `batch` on all items; when it throws, on each half, until the bad items stand alone: a batch
 * of n with one bad item takes about 2 log2(n) calls, and only the bad one fails.
 */
export async function runBatch(
  count: number,
  call: (from: number, to: number) => Promise<End>,
  answered: (from: number, answers: readonly AnswerMaker[]) => Promise<void>,
): Promise<void> {
  const parts: [number, number][] = [[0, count]]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const [from, to] = part
    const end = await call(from, to)
    if (end.kind === 'value') {
      await answered(from, entriesOf(end.value, to - from))
    } else if (to - from === 1) {
      await answered(from, [(rules, context) => answerEnd(end, context, rules)])
    } else {
      const middle = from + ((to - from) >> 1)
      parts.push([middle, to], [from, middle])
    }
  }
}

function entriesOf(value: unknown, count: number): AnswerMaker[] {
  try {
    if (Array.isArray(value) && value.length === count)
      return Array.from({ length: count }, (_, at) => entryOf(value, at))
    const found = Array.isArray(value) ? entriesInWords(value.length) : kindInWords(value)
    const items = plural(count, 'item')
    return allBad(count, `batch was given ${items} and returned ${found}; ${ONE_EACH}`)
  } catch (error) {
    return allBad(count, `what batch returned cannot be read: ${thrown(error).message}`)
  }
}

function entryOf(list: readonly unknown[], at: number): AnswerMaker {
  if (!(at in list)) return badEntry(`batch left out the entry of this item; ${ONE_EACH}`)
  const entry = list[at]
  return rules => answerOf(entry, rules)
}

const ONE_EACH = 'one entry per item is expected'

const allBad = (count: number, message: string): AnswerMaker[] =>
  Array.from({ length: count }, () => badEntry(message))

const badEntry =
  (message: string): AnswerMaker =>
  () =>
    fail({ kind: 'bad-result', message })

const entriesInWords = (count: number): string => (count === 1 ? '1 entry' : `${count} entries`)

function kindInWords(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function fail(failure: Failure): ItemAnswer {
  return { letter: 'f', failure }
}
