import type { Database } from '../sqlite/database.ts'
import { stateAt, unpackedFrom, unpackIndexes } from './result-rows.ts'

/**
 * Which row and position answer each item, for a window of items: two integers and a state per item in
 * typed arrays. A stage of any size is read in item order in the memory of one window, and one item is
 * found at once, whatever order the items were answered in.
 */
export type Window = {
  readonly from: number
  /** Per item of the window: place in `ids` plus one, or 0 for no answer yet. */
  places: Int32Array
  positions: Int32Array
  /** Per answered item: place in `resultStates`. */
  states: Uint8Array
  readonly ids: number[]
  /** Per row: how many items it answers. */
  readonly counts: number[]
  /** Per row: bytes of its payloads per item. */
  readonly sizes: number[]
  /** Rows up to this id are in. */
  seen: number
}

/** A million items: nine megabytes. */
export const windowItems = 1 << 20

export type Windows = {
  /** The windows of a stage, from an item on. */
  all(stage: number, from: number): Iterable<Window>
  /** The window that begins at `from`, with every row committed so far. */
  at(stage: number, from: number): Window
  /** Takes in the rows committed since. */
  refresh(stage: number, window: Window): void
}

export function openWindows(db: Database): Windows {
  const lastItem = db.prepare('SELECT max(last) FROM result WHERE stage = ?')
  const lastRow = db.prepare('SELECT max(id) FROM result')
  const columns = 'id, count, first, last, indexes, states, length(payloads)'
  const within = db.prepare(
    `SELECT ${columns} FROM result WHERE stage = ? AND first < ? AND last >= ?`,
  )
  // By id from the end of the table (`+` keeps SQLite from taking the index of the stage).
  const since = db.prepare(
    `SELECT ${columns} FROM result WHERE id > ? AND +stage = ? AND first < ? AND last >= ?`,
  )
  const take = (window: Window, row: Row) => unpackedFrom(db, row[0], () => absorb(window, row))
  const seen = (): number => lastRow.get()[0] ?? 0
  const at = (stage: number, from: number) => {
    const window = emptyWindow(from, seen())
    for (const row of within.iterate(stage, from + windowItems, from)) take(window, row as Row)
    return window
  }
  return {
    at,
    *all(stage, start) {
      for (let from = start; from <= (lastItem.get(stage)[0] ?? -1); from += windowItems)
        yield at(stage, from)
    },
    refresh(stage, window) {
      const end = seen()
      if (end === window.seen) return
      const { from } = window
      for (const row of since.iterate(window.seen, stage, from + windowItems, from))
        take(window, row as Row)
      window.seen = end
    },
  }
}

type Row = [
  id: number,
  count: number,
  first: number,
  last: number,
  indexes: Uint8Array | null,
  states: string,
  bytes: number,
]

function emptyWindow(from: number, seen: number): Window {
  const [places, positions, states] = [new Int32Array(0), new Int32Array(0), new Uint8Array(0)]
  return { from, places, positions, states, ids: [], counts: [], sizes: [], seen }
}

function absorb(window: Window, row: Row): void {
  const [id, count, first, last, packed, marks, bytes] = row
  const { ids, counts, sizes } = window
  ids.push(id)
  counts.push(count)
  sizes.push(bytes / count)
  makeRoom(window, Math.min(last + 1 - window.from, windowItems))
  const { from, places, positions, states } = window
  const indexes = unpackIndexes({ count, indexes: packed })
  for (let position = 0; position < count; position += 1) {
    const item = (indexes === undefined ? first + position : indexes[position]) - from
    if (item < 0 || item >= windowItems) continue
    // Rows come in the order of the index, not of commit: the newest row wins.
    if (places[item] > 0 && ids[places[item] - 1] > id) continue
    places[item] = ids.length
    positions[item] = position
    states[item] = stateAt(marks, position)
  }
}

/** Doubling: a stage of ten items takes no nine megabytes. */
function makeRoom(window: Window, items: number): void {
  const { places, positions, states } = window
  if (items <= places.length) return
  const room = Math.min(windowItems, Math.max(items, 2 * places.length))
  window.places = new Int32Array(room)
  window.positions = new Int32Array(room)
  window.states = new Uint8Array(room)
  window.places.set(places)
  window.positions.set(positions)
  window.states.set(states)
}
