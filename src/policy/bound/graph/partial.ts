import type { GraphView } from './view.ts'

/**
 * A schedule begun, tasks placed in the order of their starts. What the future needs to know of it:
 * which tasks are placed, when and where those with successors to come end, when machines become
 * free, and the last start.
 */
export type Begun = {
  readonly view: GraphView
  readonly placed: Uint8Array
  /** The same in bits, and as a hash. */
  readonly bits: Int32Array
  hash: number
  count: number
  last: number
  /** By task: of those placed. */
  readonly start: Float64Array
  readonly end: Float64Array
  readonly on: Int32Array
  /** Tasks placed on each class. */
  readonly load: Int32Array
  /** Predecessors not placed, successors not placed. */
  readonly missing: Int32Array
  readonly waiting: Int32Array
  /** Priced work of all predecessors, near and far, that are not placed. */
  readonly pending: Float64Array
  /** When each machine becomes free, by class and rising; a row for each number of tasks placed. */
  readonly free: Float64Array
  readonly machines: number
  /** Where each class begins in such a row. */
  readonly firstOf: Int32Array
  readonly descendants: readonly Int32Array[]
  readonly hashes: Float64Array
}

export function nothingPlaced(view: GraphView): Begun {
  const { tasks, members, before, after } = view
  const degrees = ({ first }: { first: Int32Array }): Int32Array =>
    Int32Array.from({ length: tasks }, (_, task) => first[task + 1] - first[task])
  const descendants = descendantsOf(view)
  const pending = new Float64Array(tasks)
  descendants.forEach((below, task) => {
    for (const other of below) pending[other] += view.priced[task]
  })
  const firstOf = new Int32Array(members.length + 1)
  members.forEach((machines, k) => {
    firstOf[k + 1] = firstOf[k] + machines.length
  })
  const machines = firstOf[members.length]
  return {
    view,
    placed: new Uint8Array(tasks),
    bits: new Int32Array((tasks + 31) >> 5),
    hash: 0,
    count: 0,
    last: 0,
    start: new Float64Array(tasks),
    end: new Float64Array(tasks),
    on: new Int32Array(tasks),
    load: new Int32Array(members.length),
    missing: degrees(before),
    waiting: degrees(after),
    pending,
    free: new Float64Array((tasks + 1) * machines),
    machines,
    firstOf,
    descendants,
    hashes: hashesOf(tasks),
  }
}

export type Place = { readonly task: number; readonly on: number; readonly start: number }

/**
 * Puts a task behind all others; the machine taken is the one that has been free for the least
 * time.
 */
export function place(partial: Begun, { task, on, start }: Place): void {
  const { view, free, machines, firstOf } = partial
  const time = view.times[task * view.classes + on]
  const from = partial.count * machines
  const to = from + machines
  free.copyWithin(to, from, to)
  let at = to + firstOf[on]
  const end = to + firstOf[on + 1] - 1
  while (at < end && free[at + 1] <= start) at += 1
  for (; at < end && free[at + 1] < start + time; at += 1) free[at] = free[at + 1]
  free[at] = start + time
  partial.start[task] = start
  partial.end[task] = start + time
  partial.on[task] = on
  partial.last = start
  count(partial, task, 1)
}

export function takeAway(partial: Begun, task: number, last: number): void {
  partial.last = last
  count(partial, task, -1)
}

function count(partial: Begun, task: number, sign: 1 | -1): void {
  const { view, missing, waiting, pending, hashes, bits, placed } = partial
  const { before, after, priced } = view
  partial.count += sign
  partial.load[partial.on[task]] += sign
  partial.hash += sign * hashes[task]
  placed[task] = sign > 0 ? 1 : 0
  bits[task >> 5] ^= 1 << (task & 31)
  for (let at = after.first[task]; at < after.first[task + 1]; at += 1) {
    missing[after.task[at]] -= sign
  }
  for (let at = before.first[task]; at < before.first[task + 1]; at += 1) {
    waiting[before.task[at]] -= sign
  }
  for (const other of partial.descendants[task]) pending[other] -= sign * priced[task]
}

/** Whole numbers whose sum over all tasks is exact. */
function hashesOf(tasks: number): Float64Array {
  let state = 0x9e3779b9
  const draw = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0
    return (state ^ (state >>> 13)) >>> 9
  }
  return Float64Array.from({ length: tasks }, () => draw() * 2 ** 20 + (draw() >>> 3))
}

function descendantsOf({ tasks, order, after }: GraphView): Int32Array[] {
  const sets = Array.from({ length: tasks }, () => new Set<number>())
  for (const task of order.toReversed()) {
    for (let at = after.first[task]; at < after.first[task + 1]; at += 1) {
      sets[task].add(after.task[at])
      for (const far of sets[after.task[at]]) sets[task].add(far)
    }
  }
  return sets.map(set => Int32Array.from(set))
}
