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
      const read = rowReader(db, stages, number, true)
      for (const window of guarded(db, reading(run, stage), windows(number, options.from ?? 0)))
        yield* guarded(db, reading(run, stage), inItemOrder(window, wanted, read))
    },
    *answered(run, stage) {
      const number = stages.find(run, stage)
      if (number === undefined) return
      const doing = reading(run, stage)
      const all = wantedStates(undefined)
      const read = rowReader(db, stages, number, false)
      for (const window of guarded(db, doing, windows(number, 0)))
        for (const answer of guarded(db, doing, inItemOrder(window, all, read))) {
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

/** What is unpacked at a time: few at first, so that the first answer comes soon. */
const firstItems = 4096
const maxItems = 1 << 18
const maxBytes = 32 << 20

/**
 * A part of the window at a time: each row that answers an item of the part is read once for all of them.
 * Where items were answered in order that is each row once; where not (shortest first, say), a row is read
 * once per part that it has items in, never once per item.
 */
function* inItemOrder(
  window: Window,
  wanted: readonly boolean[],
  read: ReadRow,
): Generator<StoredResult> {
  const { places, states, sizes } = window
  const isWanted = (item: number) => places[item] > 0 && wanted[states[item]]
  let limit = firstItems
  for (let from = 0; from < places.length; limit = Math.min(maxItems, 4 * limit)) {
    const items: number[] = []
    let bytes = 0
    for (; from < places.length && items.length < limit && bytes < maxBytes; from += 1)
      if (isWanted(from)) {
        items.push(from)
        bytes += sizes[places[from] - 1]
      }
    yield* gather(window, items, read)
  }
}

function gather(window: Window, items: readonly number[], read: ReadRow): StoredResult[] {
  const byRow = new Map<number, number[]>()
  items.forEach((item, slot) => {
    const slots = byRow.get(window.places[item])
    if (slots === undefined) byRow.set(window.places[item], [slot])
    else slots.push(slot)
  })
  const answers = new Array<StoredResult>(items.length)
  for (const [place, slots] of byRow) {
    const positions = slots.map(slot => window.positions[items[slot]])
    const row = read(window.ids[place - 1], positions)
    slots.forEach((slot, i) => {
      const item = items[slot]
      answers[slot] = {
        index: window.from + item,
        key: row.keys[positions[i]],
        version: row.versions[positions[i]],
        state: rows.resultStates[window.states[item]],
        payload: row.payloads[i] ?? '',
      }
    })
  }
  return answers
}

type ReadRow = (
  id: number,
  positions: readonly number[],
) => {
  readonly keys: readonly string[]
  readonly versions: readonly string[]
  /** Of the asked positions, in their order. */
  readonly payloads: readonly string[]
}

function rowReader(db: Database, stages: Stages, stage: number, withPayloads: boolean): ReadRow {
  const columns = `${rows.narrowColumns}${withPayloads ? ', payloads' : ''}`
  const select = db.prepare(`SELECT ${columns} FROM result WHERE id = ?`)
  return (id, positions) => {
    const values = select.get(id)
    const row = rows.rowOf(values, values[8])
    if (withPayloads) rows.verifyRow(db, stages, stage, id, row)
    return {
      keys: rows.unpackKeys(row),
      versions: rows.unpackVersions(row),
      payloads: withPayloads ? rows.unpackPayloads(row, positions) : [],
    }
  }
}

/** Turns the faults of each step into errors that name the file. */
function* guarded<T>(db: Database, doing: string, steps: Iterable<T>): Generator<T> {
  const iterator = steps[Symbol.iterator]()
  for (;;) {
    const next = db.guard(doing, () => iterator.next())
    if (next.done) return
    yield next.value
  }
}
