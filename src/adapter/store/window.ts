import type { Database, Statement } from '../sqlite/database.ts'
import { stateAt, unpackIndexes } from './result-rows.ts'

/**
 * Which row and position answer each item, for a window of items at a time: two integers and a state per
 * item in typed arrays. A stage of any size is read in item order in the memory of one window, without
 * having been written in that order.
 */
export type Window = {
  readonly from: number
  readonly to: number
  /** Per item of the window: place in `ids` plus one, or 0 for no answer yet. */
  readonly places: Int32Array
  readonly positions: Int32Array
  /** Per answered item: place in `resultStates`. */
  readonly states: Uint8Array
  readonly ids: readonly number[]
  /** Per row: bytes of its payloads per item. */
  readonly sizes: readonly number[]
}

/** A million items: nine megabytes. */
const windowItems = 1 << 20

export function windowReader(db: Database): (stage: number, from: number) => Iterable<Window> {
  const end = db.prepare('SELECT max(last) FROM result WHERE stage = ?')
  const rows = db.prepare(
    `SELECT id, count, first, indexes, states, length(payloads) FROM result
     WHERE stage = ? AND first < ? AND last >= ?`,
  )
  return function* (stage, start) {
    const last: number = end.get(stage)?.[0] ?? -1
    for (let from = start; from <= last; from += windowItems)
      yield readWindow(rows, stage, from, Math.min(from + windowItems, last + 1))
  }
}

type WindowRow = [
  id: number,
  count: number,
  first: number,
  indexes: Uint8Array,
  states: string,
  bytes: number,
]

function readWindow(rows: Statement, stage: number, from: number, to: number): Window {
  const places = new Int32Array(to - from)
  const positions = new Int32Array(to - from)
  const states = new Uint8Array(to - from)
  const ids: number[] = []
  const sizes: number[] = []
  for (const row of rows.iterate(stage, to, from)) {
    const [id, count, first, packed, marks, bytes] = row as WindowRow
    ids.push(id)
    sizes.push(bytes / count)
    const indexes = packed === null ? undefined : unpackIndexes({ count, indexes: packed })
    for (let position = 0; position < count; position += 1) {
      const item = (indexes === undefined ? first + position : indexes[position]) - from
      if (item < 0 || item >= places.length) continue
      // Rows come in the order of the index, not of commit: the newest row wins.
      if (places[item] > 0 && ids[places[item] - 1] > id) continue
      places[item] = ids.length
      positions[item] = position
      states[item] = stateAt(marks, position)
    }
  }
  return { from, to, places, positions, states, ids, sizes }
}
