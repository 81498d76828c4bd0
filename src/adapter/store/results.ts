import type { ResultState } from '../../port/journal.ts'
import type { Store, StoredResult } from '../../port/store.ts'
import type { Database } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'
import { resultLookup } from './lookup.ts'
import * as rows from './result-rows.ts'
import { type Window, windowReader } from './window.ts'

/** The reads of the result table. */
export function openResults(
  db: Database,
  stages: Stages,
): Pick<Store, 'result' | 'results' | 'answered' | 'counts'> {
  const lookup = resultLookup(db, stages)
  const windows = windowReader(db)
  const reading = (run: string, stage: string) => `reading the results of ${run}, stage ${stage}`
  return {
    result(run, stage, index) {
      const number = stages.find(run, stage)
      if (number === undefined) return undefined
      return db.guard(reading(run, stage), () => lookup(number, index))
    },
    *results(run, stage, options = {}) {
      const number = stages.find(run, stage)
      if (number === undefined) return
      const wanted = wantedStates(options.states)
      const rowAt = rowCache(db, stages, number, true)
      for (const window of guarded(db, reading(run, stage), windows(number, options.from ?? 0)))
        yield* inOrder(window, wanted, rowAt)
    },
    *answered(run, stage) {
      const number = stages.find(run, stage)
      if (number === undefined) return
      const rowAt = rowCache(db, stages, number, false)
      for (const window of guarded(db, reading(run, stage), windows(number, 0)))
        for (const answer of inOrder(window, wantedStates(undefined), rowAt)) {
          const { index, key, version, state } = answer
          yield { index, key, version, state }
        }
    },
    counts(run, stage) {
      const counts = { done: 0, stopped: 0, failed: 0, skipped: 0, cancelled: 0 }
      const number = stages.find(run, stage)
      if (number === undefined) return counts
      for (const window of guarded(db, reading(run, stage), windows(number, 0)))
        for (let item = 0; item < window.places.length; item += 1)
          if (window.places[item] > 0) counts[rows.resultStates[window.states[item]]] += 1
      return counts
    },
  }
}

function wantedStates(states: readonly ResultState[] | undefined): readonly boolean[] {
  return rows.resultStates.map(state => states === undefined || states.includes(state))
}

function* inOrder(
  window: Window,
  wanted: readonly boolean[],
  rowAt: (id: number) => Unpacked,
): Generator<StoredResult> {
  for (let item = 0; item < window.places.length; item += 1) {
    const place = window.places[item]
    if (place === 0 || !wanted[window.states[item]]) continue
    const row = rowAt(window.ids[place - 1])
    const position = window.positions[item]
    yield {
      index: window.from + item,
      key: row.keys[position],
      version: row.versions[position],
      state: rows.resultStates[window.states[item]],
      payload: row.payloads[position] ?? '',
    }
  }
}

function* guarded(db: Database, doing: string, windows: Iterable<Window>): Generator<Window> {
  const iterator = windows[Symbol.iterator]()
  for (;;) {
    const next = db.guard(doing, () => iterator.next())
    if (next.done) return
    yield next.value
  }
}

type Unpacked = {
  readonly keys: readonly string[]
  readonly versions: readonly string[]
  readonly payloads: readonly string[]
  readonly weight: number
}

/** What the rows in use may weigh: unpacked strings cost about sixty bytes more than their text. */
const cacheBytes = 64 << 20
const bytesPerItem = 160

/** Rows by id, the least recently used dropped: items lie in their rows roughly in order. */
function rowCache(
  db: Database,
  stages: Stages,
  stage: number,
  withPayloads: boolean,
): (id: number) => Unpacked {
  const columns = `${rows.narrowColumns}${withPayloads ? ', payloads' : ''}`
  const select = db.prepare(`SELECT ${columns} FROM result WHERE id = ?`)
  const cached = new Map<number, Unpacked>()
  let weight = 0
  let newest = -1
  let row: Unpacked | undefined
  const unpack = (id: number): Unpacked => {
    const values = select.get(id)
    const packed = rows.rowOf(values, values[8])
    if (withPayloads) rows.verifyRow(db, stages, stage, id, packed)
    return {
      keys: rows.unpackKeys(packed),
      versions: rows.unpackVersions(packed),
      payloads: withPayloads ? rows.unpackPayloads(packed) : [],
      weight: bytesPerItem * packed.count + 2 * (packed.payloads?.length ?? 0),
    }
  }
  return id => {
    if (id === newest && row !== undefined) return row
    row = cached.get(id) ?? db.guard('reading results', () => unpack(id))
    // A Map keeps insertion order: taking out and putting back makes it the most recent.
    if (!cached.delete(id)) weight += row.weight
    cached.set(id, row)
    for (const [oldest, entry] of cached) {
      if (weight <= cacheBytes || oldest === id) break
      cached.delete(oldest)
      weight -= entry.weight
    }
    newest = id
    return row
  }
}
