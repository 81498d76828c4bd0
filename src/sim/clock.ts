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

  const nextAt = (): Micros => Math.min(heap.instants[0], wishAt)

  const runDue = (): void => {
    while (heap.instants[0] <= now) pop(heap)()
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
    at: (instant, callback) => push(heap, Math.max(now, instant), callback),
    advance,
    run(until) {
      while (advance(until));
    },
  }
}

/**
 * Binary heap in typed columns: no entry objects and no comparison calls. What is moved are two numbers,
 * an instant and the place in a recycled table where the callback and the order of asking stand: an
 * array of callbacks would tell the collector of each move. (Measured: ordinary arrays and a comparison
 * function take twice the instructions.)
 */
type EntryHeap = {
  size: number
  /** Longer than `size`, and `Infinity` behind it: the last entry's neighbour is never before it. */
  instants: Float64Array
  places: Int32Array
  /** By place. */
  orders: Float64Array
  readonly callbacks: (() => void)[]
  readonly free: number[]
  pushed: number
}

function entryHeap(): EntryHeap {
  return {
    size: 0,
    instants: new Float64Array(64).fill(Number.POSITIVE_INFINITY),
    places: new Int32Array(64),
    orders: new Float64Array(64),
    callbacks: [],
    free: [],
    pushed: 0,
  }
}

function push(heap: EntryHeap, at: Micros, callback: () => void): void {
  if (heap.size + 1 === heap.instants.length) widen(heap)
  const place = heap.free.length > 0 ? (heap.free.pop() as number) : heap.callbacks.length
  heap.callbacks[place] = callback
  heap.orders[place] = heap.pushed++
  rise(heap, heap.size++, at, place)
}

function pop(heap: EntryHeap): () => void {
  const { instants, places } = heap
  const first = places[0]
  heap.free.push(first)
  heap.size -= 1
  const last = heap.size
  const at = instants[last]
  instants[last] = Number.POSITIVE_INFINITY
  if (last > 0) rise(heap, fallenHole(heap), at, places[last])
  return heap.callbacks[first]
}

/** The root's hole sinks to a leaf: what came last nearly always belongs there, so it is not compared on the way. */
function fallenHole({ instants, places, orders, size }: EntryHeap): number {
  let hole = 0
  for (let child = 1; child < size; child = 2 * hole + 1) {
    let least = instants[child]
    const other = instants[child + 1]
    if (other < least || (other === least && orders[places[child + 1]] < orders[places[child]])) {
      least = other
      child += 1
    }
    instants[hole] = least
    places[hole] = places[child]
    hole = child
  }
  return hole
}

/** Puts an entry into the hole, or above it. */
function rise(heap: EntryHeap, from: number, at: Micros, place: number): void {
  const { instants, places, orders } = heap
  let hole = from
  while (hole > 0) {
    const parent = (hole - 1) >> 1
    const above = instants[parent]
    if (above < at || (above === at && orders[places[parent]] < orders[place])) break
    instants[hole] = above
    places[hole] = places[parent]
    hole = parent
  }
  instants[hole] = at
  places[hole] = place
}

function widen(heap: EntryHeap): void {
  const { instants, places, orders } = heap
  const size = 2 * instants.length
  heap.instants = new Float64Array(size).fill(Number.POSITIVE_INFINITY)
  heap.places = new Int32Array(size)
  heap.orders = new Float64Array(size)
  heap.instants.set(instants)
  heap.places.set(places)
  heap.orders.set(orders)
}
