import type { ResultState } from '../../port/journal.ts'
import type { Store, StoredResult } from '../../port/store.ts'
import type { Database } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'
import { type Answers, answersReader } from './answers.ts'
import { answerAt, cached, resultLookup } from './lookup.ts'
import { resultStates } from './result-rows.ts'
import { openWindows, type Window } from './window.ts'

/** The reads of the result table. */
export function openResults(db: Database, stages: Stages): Results {
  const windows = openWindows(db)
  const lookup = resultLookup(windows)
  const whole = cached(answersReader(db, stages, 'whole'))
  const reading = (run: string, stage: string) => `reading the results of ${run}, stage ${stage}`
  const inOrder = (run: string, stage: string, part: 'whole' | 'keys', options: Chosen) => {
    const number = stages.find(run, stage)
    if (number === undefined) return []
    const { from = 0, states } = options
    const wanted = resultStates.map(state => states === undefined || states.includes(state))
    const read = answersReader(db, stages, part)
    const answers = inItemOrder(windows.all(number, from), wanted, id => read(number, id))
    return guarded(db, reading(run, stage), answers)
  }
  return {
    result(run, stage, index) {
      const number = stages.find(run, stage)
      if (number === undefined) return undefined
      return db.guard(reading(run, stage), () => lookup.find(number, index, whole.read))
    },
    *results(run, stage, options = {}) {
      yield* inOrder(run, stage, 'whole', options)
    },
    *answered(run, stage) {
      for (const { index, key, version, state } of inOrder(run, stage, 'keys', {}))
        yield { index, key, version, state }
    },
    counts(run, stage) {
      const counts = { done: 0, stopped: 0, failed: 0, skipped: 0, cancelled: 0 }
      const number = stages.find(run, stage)
      if (number === undefined) return counts
      for (const { places, states } of guarded(db, reading(run, stage), windows.all(number, 0)))
        for (let item = 0; item < places.length; item += 1)
          if (places[item] > 0) counts[resultStates[states[item]]] += 1
      return counts
    },
    forget() {
      lookup.forget()
      whole.forget()
    },
  }
}

type Results = Pick<Store, 'result' | 'results' | 'answered' | 'counts'> & {
  /** Rows were removed: what was kept in memory no longer counts. */
  forget(): void
}

type Chosen = { readonly from?: number; readonly states?: readonly ResultState[] }

/** What is unpacked at a time: few at first, so that the first answer comes soon. */
const firstItems = 4096
const maxItems = 1 << 18
/** Enough at a time where rows lie close together, so that hardly any is read twice. */
const closeItems = 1 << 15
const maxBytes = 32 << 20

/**
 * A part of the window at a time: each row that answers an item of the part is read once for all of them.
 * Where items were answered in order that is each row once; where not (shortest first, say), a row is read
 * once per part that it has items in, never once per item.
 */
function* inItemOrder(
  windows: Iterable<Window>,
  wanted: readonly boolean[],
  read: (id: number) => Answers,
): Generator<StoredResult> {
  let limit = firstItems
  for (const window of windows) {
    for (let from = 0; from < window.places.length; limit = Math.min(maxItems, 4 * limit)) {
      const { items, end } = nextPart(window, from, wanted, limit)
      yield* gather(window, items, read)
      from = end
    }
  }
}

/** Items from `from` on that are unpacked together: the more, the further apart their rows lie. */
function nextPart(window: Window, from: number, wanted: readonly boolean[], limit: number) {
  const { places, states, counts, sizes } = window
  const items: number[] = []
  const rows = new Set<number>()
  let end = from
  let bytes = 0
  let unpacked = 0
  const isEnough = (): boolean =>
    items.length >= limit ||
    bytes >= maxBytes ||
    (items.length >= closeItems && unpacked <= 2 * items.length)
  for (; end < places.length && !isEnough(); end += 1) {
    const place = places[end]
    if (place === 0 || !wanted[states[end]]) continue
    items.push(end)
    bytes += sizes[place - 1]
    if (rows.has(place)) continue
    rows.add(place)
    unpacked += counts[place - 1]
  }
  return { items, end }
}

function gather(
  window: Window,
  items: readonly number[],
  read: (id: number) => Answers,
): StoredResult[] {
  const slotsOf = new Map<number, number[]>()
  items.forEach((item, slot) => {
    const slots = slotsOf.get(window.places[item])
    if (slots === undefined) slotsOf.set(window.places[item], [slot])
    else slots.push(slot)
  })
  const answers = new Array<StoredResult>(items.length)
  for (const [place, slots] of slotsOf) {
    const row = read(window.ids[place - 1])
    for (const slot of slots) answers[slot] = answerAt(window, items[slot], row)
  }
  return answers
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
