import type { Source, SourceChunk } from '../../port/source.ts'
import { type KeySet, keySet } from '../../std/key-set.ts'
import { type PlacedSource, problemRow, type Row } from './row.ts'

/**
 * Marks an item whose key an earlier item has. Keys are remembered as hashes; a hit is verified by
 * reading the earlier item again, so a collision never makes a false duplicate. After a restart the
 * keys before the cursor are read again first, which costs one pass over them.
 */
export function uniqueKeys(source: PlacedSource, keys: KeySet = keySet()): Source {
  const marks: Mark[] = [{ index: 0, cursor: undefined }]
  let known = 0

  /** Reads on from the first item whose key is not remembered yet, up to `until`. */
  const catchUp = async (until: number): Promise<void> => {
    let { index, cursor } = marks[marks.length - 1]
    while (known < until) {
      const chunk = await source.read(cursor, Math.min(READ_AGAIN, until - index))
      remember(chunk, index)
      index += chunk.items.length
      cursor = chunk.cursor
      if (chunk.done) break
    }
  }

  const remember = (chunk: SourceChunk, first: number): Hit[] => {
    const hits: Hit[] = []
    chunk.items.forEach((item, at) => {
      const index = first + at
      if (item.problem !== undefined) return
      const earlier = keys.add(item.key, index)
      if (earlier !== undefined && earlier < index) hits.push({ at, earlier })
    })
    known = Math.max(known, first + chunk.items.length)
    const last = marks[marks.length - 1].index
    if (first + chunk.items.length >= last + MARK_EVERY) {
      marks.push({ index: first + chunk.items.length, cursor: chunk.cursor })
    }
    return hits
  }

  const read = async (cursor: string | undefined, limit: number): Promise<SourceChunk> => {
    const { index, inner } = split(cursor)
    if (known < index) await catchUp(index)
    const chunk = await source.read(inner, limit)
    const hits = remember(chunk, index)
    const items = hits.length === 0 ? chunk.items : await marked(source, marks, chunk, index, hits)
    return { items, cursor: `${index + items.length} ${chunk.cursor}`, done: chunk.done }
  }

  return {
    fingerprint: () => source.fingerprint(),
    count: () => source.count(),
    read,
    close: () => source.close(),
  }
}

type Mark = { readonly index: number; readonly cursor: string | undefined }
type Hit = { readonly at: number; readonly earlier: number }

const MARK_EVERY = 5_000
const READ_AGAIN = 10_000

function split(cursor: string | undefined): { index: number; inner: string | undefined } {
  if (cursor === undefined) return { index: 0, inner: undefined }
  const cut = cursor.indexOf(' ')
  return { index: Number(cursor.slice(0, cut)), inner: cursor.slice(cut + 1) }
}

/** The chunk with its true duplicates turned into problems; false hits stay as they are. */
async function marked(
  source: PlacedSource,
  marks: readonly Mark[],
  chunk: SourceChunk,
  first: number,
  hits: readonly Hit[],
): Promise<Row[]> {
  const items: Row[] = [...chunk.items]
  const own = new Map<number, Row>(items.map((item, at) => [first + at, item]))
  const earlier = await readAgain(
    source,
    marks,
    hits.map(hit => hit.earlier).filter(index => !own.has(index)),
  )
  for (const { at, earlier: index } of hits) {
    const before = own.get(index) ?? earlier.get(index)
    const item: Row = chunk.items[at]
    if (before === undefined || before.key !== item.key) continue
    const here = source.place(first + at, item.line)
    const there = source.place(index, before.line)
    const problem = `duplicate key ${JSON.stringify(item.key)}: first at ${there}, again at ${here}; expected each key once`
    items[at] = problemRow(problem, first + at, { key: item.key }, item.line)
  }
  return items
}

/** Earlier items by index; every stretch between two marks is read once. */
async function readAgain(
  source: PlacedSource,
  marks: readonly Mark[],
  indexes: readonly number[],
): Promise<Map<number, Row>> {
  const wanted = [...new Set(indexes)].sort((a, b) => a - b)
  const found = new Map<number, Row>()
  let next = 0
  while (next < wanted.length) {
    const mark = marks.findLast(({ index }) => index <= wanted[next])!
    let { index, cursor } = mark
    const after = marks.find(other => other.index > mark.index)?.index ?? Number.MAX_SAFE_INTEGER
    while (next < wanted.length && wanted[next] < after) {
      const chunk = await source.read(cursor, READ_AGAIN)
      for (; next < wanted.length && wanted[next] < index + chunk.items.length; next += 1) {
        found.set(wanted[next], chunk.items[wanted[next] - index])
      }
      index += chunk.items.length
      cursor = chunk.cursor
      if (chunk.done) return found
    }
  }
  return found
}
