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
 * simulated completion.
 */
function entryHeap(): EntryHeap {
  const instants: Micros[] = []
  const orders: number[] = []
  const callbacks: (() => void)[] = []
  let pushed = 0

  const place = (hole: number, at: Micros, order: number, callback: () => void): void => {
    instants[hole] = at
    orders[hole] = order
    callbacks[hole] = callback
  }

  const copy = (hole: number, from: number): void =>
    place(hole, instants[from], orders[from], callbacks[from])

  return {
    firstAt: () => (instants.length === 0 ? Number.POSITIVE_INFINITY : instants[0]),
    push(at, callback) {
      let hole = instants.length
      const order = pushed++
      place(hole, at, order, callback)
      while (hole > 0) {
        const parent = (hole - 1) >> 1
        if (instants[parent] <= at) break
        copy(hole, parent)
        hole = parent
      }
      place(hole, at, order, callback)
    },
    pop() {
      const first = callbacks[0]
      const at = instants.pop() as Micros
      const order = orders.pop() as number
      const callback = callbacks.pop() as () => void
      const size = instants.length
      let hole = 0
      for (let child = 1; child < size; child = 2 * hole + 1) {
        const right = child + 1
        if (right < size && before(instants[right], orders[right], instants[child], orders[child]))
          child = right
        if (!before(instants[child], orders[child], at, order)) break
        copy(hole, child)
        hole = child
      }
      if (size > 0) place(hole, at, order, callback)
      return first
    },
  }
}

function before(at: Micros, order: number, otherAt: Micros, otherOrder: number): boolean {
  return at !== otherAt ? at < otherAt : order < otherOrder
}
