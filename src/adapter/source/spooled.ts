import { isUtf8 } from 'node:buffer'
import { InputError } from '../../model/input-error.ts'
import type { SourceChunk } from '../../port/source.ts'
import type { SpooledItem, Store } from '../../port/store.ts'
import { lineProblem, parseRow } from './jsonl.ts'
import { bomLength, LONGEST_LINE } from './line-reader.ts'
import {
  LARGEST_CHUNK,
  type PlacedSource,
  problemRow,
  type Row,
  type RowOptions,
  row,
} from './row.ts'

type Spool = Pick<Store, 'spool' | 'spooled' | 'put' | 'get'>

/** Present once no more items will be pushed to an open run; the source then ends. */
export const closedDocument = (run: string): string => `input-closed:${run}`

/** Items pushed while the run is open. A read that finds none yet is empty and not done. */
export function openRunSource(run: string, store: Spool, options: RowOptions): PlacedSource {
  return {
    fingerprint: async () => undefined,
    count: async () => undefined,
    read: async (cursor, limit) => {
      const closed = store.get(closedDocument(run)) !== undefined
      const first = cursor === undefined ? 0 : Number(cursor)
      const spooled = store.spooled(run, first, limit)
      const items = spooled.map(({ key, payload, priority, notBefore }, at) => {
        const value: unknown = JSON.parse(payload)
        const made = row(payload, value, first + at, 'pushed item', { ...options, key: undefined })
        return { ...made, key, priority, notBefore }
      })
      const done = closed && items.length < limit
      return { items, cursor: String(first + items.length), done }
    },
    place: index => `pushed item ${index}`,
    close: async () => {},
  }
}

/** Present once all of a run's standard input is kept: how many lines. */
export const wholeInputDocument = (run: string): string => `stdin:${run}`

export type Stdin = AsyncIterable<Uint8Array | string>

/**
 * Standard input can be read once, so all of it is spooled durably before the first item is handed
 * out; a restart reads the spool. The spool holds each line as JSON text, keyed by its line number.
 */
export function stdinSource(
  run: string,
  store: Spool,
  stdin: Stdin | undefined,
  format: 'lines' | 'jsonl',
  options: RowOptions,
): PlacedSource {
  const complete = wholeInputDocument(run)
  const spooledCount = async (): Promise<number> => {
    const known = store.get(complete)
    if (known !== undefined) return Number(known)
    if (stdin === undefined) {
      throw new InputError(
        'stdin: none is given, and what an earlier start read was not kept whole; pipe all of it in, or give it to submit as stdin',
      )
    }
    const count = await spoolLines(stdin, format, (first, list) => keep(run, store, first, list))
    store.put(complete, String(count))
    return count
  }
  return {
    fingerprint: async () => undefined,
    count: async () => {
      const known = store.get(complete)
      return known === undefined ? undefined : Number(known)
    },
    read: async (cursor, limit): Promise<SourceChunk> => {
      const total = await spooledCount()
      const first = cursor === undefined ? 0 : Number(cursor)
      const wanted = Math.min(limit, total - first)
      const spooled = store.spooled(run, first, wanted, LARGEST_CHUNK)
      const items = spooled.map((item, at) => stdinRow(item, first + at, format, options))
      const next = first + items.length
      return { items, cursor: String(next), done: next >= total || items.length === 0 }
    },
    place: (_, line) => `stdin:${line}`,
    close: async () => {},
  }
}

/**
 * What an interrupted run had kept already is compared instead of kept twice: input piped in again
 * continues it, other input is refused.
 */
function keep(run: string, store: Spool, first: number, list: readonly SpooledItem[]): void {
  const kept = store.spooled(run, first, list.length)
  const other = kept.findIndex(
    (item, at) => item.payload !== list[at].payload || item.key !== list[at].key,
  )
  if (other >= 0) {
    throw new InputError(
      `stdin:${list[other].key}: differs from what this run had read before it was interrupted; expected the same input, or --fresh`,
    )
  }
  if (kept.length < list.length) store.spool(run, first + kept.length, list.slice(kept.length))
}

function stdinRow(
  item: SpooledItem,
  index: number,
  format: 'lines' | 'jsonl',
  options: RowOptions,
): Row {
  const line = Number(item.key)
  const text: unknown = JSON.parse(item.payload)
  if (typeof text !== 'string') {
    const problem = lineProblem({ tooLong: text === null, garbled: text === false })
    return problemRow(`stdin:${line}: ${problem}`, index, options, line)
  }
  if (format === 'jsonl') return parseRow(text, index, () => `stdin:${line}`, options, line)
  return row(item.payload, text, index, `stdin:${line}`, options, line)
}

const SPOOLED_AT_ONCE = { items: 10_000, characters: LARGEST_CHUNK }

/** Lines as JSON text, `null` for one too long, `false` for one not UTF-8; blank lines are no items. */
async function spoolLines(
  stdin: Stdin,
  format: 'lines' | 'jsonl',
  spool: (first: number, list: readonly SpooledItem[]) => void,
): Promise<number> {
  let count = 0
  let line = 0
  let list: SpooledItem[] = []
  let characters = 0
  const flush = (): void => {
    if (list.length > 0) spool(count, list)
    count += list.length
    list = []
    characters = 0
  }
  for await (const text of splitLines(stdin)) {
    line += 1
    if (typeof text === 'string' && (format === 'jsonl' ? text.trim() : text) === '') continue
    const payload = JSON.stringify(text)
    list.push({ key: String(line), payload })
    characters += payload.length
    if (list.length === SPOOLED_AT_ONCE.items || characters >= SPOOLED_AT_ONCE.characters) flush()
  }
  flush()
  return count
}

/** Lines without their ends; `null` for one longer than `LONGEST_LINE`, `false` for one not UTF-8. */
async function* splitLines(stdin: Stdin): AsyncGenerator<string | null | false> {
  let begun: Buffer[] = []
  let length = 0
  let isFirst = true
  const add = (piece: Buffer): void => {
    length += piece.length
    if (length <= LONGEST_LINE) begun.push(piece)
    else begun = []
  }
  const take = (): string | null | false => {
    const line =
      length > LONGEST_LINE
        ? null
        : textOf(begun.length === 1 ? begun[0] : Buffer.concat(begun), isFirst)
    begun = []
    length = 0
    isFirst = false
    return line
  }
  for await (const chunk of stdin) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk)
    let from = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      add(bytes.subarray(from, end))
      from = end + 1
      yield take()
    }
    if (from < bytes.length) add(bytes.subarray(from))
  }
  if (length > 0) yield take()
}

function textOf(line: Buffer, isFirst: boolean): string | false {
  const last = line.at(-1) === 13 ? line.length - 1 : line.length
  const text = line.toString('utf8', isFirst ? bomLength(line) : 0, last)
  return text.includes('\uFFFD') && !isUtf8(line) ? false : text
}
