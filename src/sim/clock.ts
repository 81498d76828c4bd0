import type { Clock } from '../port/clock.ts'
import { Violation } from '../std/assert.ts'
import type { Micros } from '../std/time.ts'

/**
 * Virtual time: a heap of what will happen, keyed (instant, order of asking). Nothing passes between
 * two entries, so a week costs what happens in it. Everything of one instant is handed over before
 * the loop takes its turn, as an inbox gathers what arrived meanwhile.
 */
export interface SimClock extends Clock {
  /** Calls back at the instant, or now if it has passed. */
  at(instant: Micros, callback: () => void): void
  /** One instant: what is due, then the turns asked for, until neither is left. False: nothing will ever happen. */
  advance(until?: Micros): boolean
  /** Instants until nothing is left, or the next one lies beyond `until`. */
  run(until?: Micros): void
}

export function simClock(start: Micros = 0): SimClock {
  const heap = entryHeap()
  let now = start
  /** Two lists that change places; emptying one by its length would give its memory back every time. */
  let turns: (() => void)[] = []
  let taken: (() => void)[] = []
  let asked = 0
  let wish: (() => void) | undefined
  let wishAt = Number.POSITIVE_INFINITY

  const nextAt = (): Micros => Math.min(heap.firstAt(), wishAt)

  const runDue = (): void => {
    while (heap.firstAt() <= now) heap.pop()()
    if (wishAt > now) return
    const due = wish
    wish = undefined
    wishAt = Number.POSITIVE_INFINITY
    due?.()
  }

  const takeTurns = (): void => {
    const taking = turns
    turns = taken
    taken = taking
    const count = asked
    asked = 0
    for (let at = 0; at < count; at += 1) taking[at]()
  }

  const advance = (until = Number.POSITIVE_INFINITY): boolean => {
    if (asked === 0) {
      const next = nextAt()
      if (next === Number.POSITIVE_INFINITY || next > until) return false
      if (next > now) now = next
    }
    for (let round = 0; asked > 0 || nextAt() <= now; round += 1) {
      if (round > 1_000_000) throw new Violation(`virtual time stands still at ${now}`)
      runDue()
      if (asked > 0) takeTurns()
    }
    return true
  }

  return {
    now: () => now,
    wake(at, callback) {
      wish = at === undefined ? undefined : callback
      wishAt = at ?? Number.POSITIVE_INFINITY
    },
    soon: callback => {
      turns[asked++] = callback
    },
    at: (instant, callback) => heap.push(Math.max(now, instant), callback),
    advance,
    run(until) {
      while (advance(until));
    },
  }
}

type EntryHeap = {
  push(at: Micros, callback: () => void): void
  pop(): () => void
  firstAt(): Micros
}

/**
 * Binary heap in parallel arrays: no entry objects and no comparison calls, which is a quarter of a
 * simulated completion. What is moved are two numbers, an instant and the place in a recycled table
 * where the callback and the order of asking stand: an array of callbacks would tell the collector of
 * each move.
 */
function entryHeap(): EntryHeap {
  const instants: Micros[] = []
  const places: number[] = []
  const orders: number[] = []
  const callbacks: (() => void)[] = []
  const free: number[] = []
  let pushed = 0

  const isBefore = (at: Micros, place: number, other: number): boolean =>
    at !== instants[other] ? at < instants[other] : orders[place] < orders[places[other]]

  return {
    firstAt: () => (instants.length === 0 ? Number.POSITIVE_INFINITY : instants[0]),
    push(at, callback) {
      const place = free.length > 0 ? (free.pop() as number) : callbacks.length
      callbacks[place] = callback
      orders[place] = pushed++
      let hole = instants.length
      instants.push(at)
      places.push(place)
      while (hole > 0) {
        const parent = (hole - 1) >> 1
        if (instants[parent] <= at) break
        instants[hole] = instants[parent]
        places[hole] = places[parent]
        hole = parent
      }
      instants[hole] = at
      places[hole] = place
    },
    pop() {
      const first = places[0]
      free.push(first)
      const at = instants.pop() as Micros
      const place = places.pop() as number
      const size = instants.length
      let hole = 0
      for (let child = 1; child < size; child = 2 * hole + 1) {
        const right = child + 1
        if (right < size && isBefore(instants[right], places[right], child)) child = right
        if (isBefore(at, place, child)) break
        instants[hole] = instants[child]
        places[hole] = places[child]
        hole = child
      }
      if (size > 0) {
        instants[hole] = at
        places[hole] = place
      }
      return callbacks[first]
    },
  }
}
