import { nothingPlaced, type Begun, type Place, place, takeAway } from './partial.ts'
import { isOpen, type Prospect, prospectOf } from './prospect.ts'
import { type Seen, seenRecords } from './seen.ts'
import type { GraphView } from './view.ts'

/**
 * Looks for a schedule that ends by a limit, depth first, or makes sure that there is none. Tasks
 * are placed in the order of their starts, each as early as it can be then. Of the schedules that
 * are left, if any, take one whose starts sum to the least: it shows what may be passed by.
 *
 * - No task starts while another could be done before it, wherever that one runs (active schedules:
 *   Giffler and Thompson 1960).
 * - Of two tasks that could take the same place, take as long everywhere, and of which one holds up
 *   all that the other does, that one goes first.
 * - Of unused machines that are alike the first is taken.
 * - What covers a state already left in vain is left (`seen.ts`), and what `prospect.ts` says is
 *   too late.
 *
 * Yields every few nodes; returns what it found, or `undefined` for none.
 */
export function* descend(
  view: GraphView,
  limit: number,
): Generator<undefined, Begun | undefined, void> {
  const partial = nothingPlaced(view)
  const search: Search = {
    partial,
    prospect: prospectOf(view, limit),
    seen: seenRecords(),
    record: new Float64Array(partial.bits.length + 1 + partial.machines + 2 * view.tasks),
    ahead: tasksAhead(view, partial.descendants),
    twin: twinsOf(view),
    nodes: 0,
  }
  return (yield* extend(search)) ? partial : undefined
}

type Search = {
  readonly partial: Begun
  readonly prospect: Prospect
  readonly seen: Seen
  readonly record: Float64Array
  /** By task: those that go first where both could take the same place. */
  readonly ahead: readonly Int32Array[]
  /** By class: the one before it that is alike, or -1. */
  readonly twin: Int32Array
  nodes: number
}

/** About a millisecond's worth. */
const nodesPerStep = 64

function* extend(search: Search): Generator<undefined, boolean, void> {
  const { partial, prospect } = search
  search.nodes += 1
  if (search.nodes % nodesPerStep === 0) yield undefined
  if (partial.count === partial.view.tasks) return true
  if (!isOpen(prospect, partial) || isSeen(search)) return false
  const { last } = partial
  for (const next of placesOf(search)) {
    place(partial, next)
    if (yield* extend(search)) return true
    takeAway(partial, next.task, last)
  }
  return false
}

function isSeen({ partial, seen, record }: Search): boolean {
  const { view, bits, machines, firstOf, free, last, waiting, placed, end, on } = partial
  let length = 0
  for (let word = 0; word < bits.length; word += 1) record[length++] = bits[word]
  if (view.moves) {
    for (let task = 0; task < view.tasks; task += 1) {
      if (placed[task] === 1 && waiting[task] > 0) record[length++] = on[task]
    }
  }
  const equal = length
  record[length++] = last
  const row = partial.count * machines
  for (let at = 0; at < firstOf[firstOf.length - 1]; at += 1) {
    record[length++] = Math.max(free[row + at], last)
  }
  for (let task = 0; task < view.tasks; task += 1) {
    if (placed[task] === 0 || waiting[task] === 0) continue
    // What is there by now waits for nobody; a transfer may yet be under way.
    record[length++] = view.moves ? end[task] : Math.max(end[task], last)
  }
  return seen.covers(partial.hash, record, length, equal)
}

function placesOf(search: Search): Place[] {
  const { partial, prospect } = search
  const { view, placed, missing } = partial
  const { head, latest } = prospect
  const { classes, times, order } = view
  const ready = order.filter(task => placed[task] === 0 && missing[task] === 0)
  const places: Place[] = []
  let before = Number.POSITIVE_INFINITY
  for (const task of ready) {
    let [worst, lasting] = [0, true]
    for (let on = 0; on < classes; on += 1) {
      const at = task * classes + on
      if (head[at] === Number.POSITIVE_INFINITY) continue
      const next = { task, on, start: head[at] }
      // What takes no time and moves nothing is in nobody's way.
      if (times[at] === 0 && !view.moves && next.start === partial.last) return [next]
      if (times[at] === 0) lasting = false
      worst = Math.max(worst, head[at] + times[at])
      if (isFirst(search, next)) places.push(next)
    }
    if (lasting) before = Math.min(before, worst)
  }
  const slack = ({ task, on }: Place) => latest[task * classes + on]
  const time = ({ task, on }: Place) => times[task * classes + on]
  return places
    .filter(({ start }) => start < before)
    .sort(
      (a, b) =>
        a.start - b.start ||
        slack(a) - slack(b) ||
        time(b) - time(a) ||
        a.task - b.task ||
        a.on - b.on,
    )
}

/** Nobody has to go first in this place, and no twin of its machine is as empty. */
function isFirst({ partial, prospect, ahead, twin }: Search, { task, on, start }: Place): boolean {
  const { placed, missing, view, load } = partial
  for (const other of ahead[task]) {
    if (placed[other] === 1 || missing[other] > 0) continue
    if (prospect.head[other * view.classes + on] === start) return false
  }
  return twin[on] < 0 || load[on] > 0 || load[twin[on]] > 0
}

/** Only where nothing moves: else it matters who ran where. */
function tasksAhead(view: GraphView, descendants: readonly Int32Array[]): Int32Array[] {
  const { tasks, classes, times, moves } = view
  if (moves) return descendants.map(() => new Int32Array(0))
  const sets = descendants.map(below => new Set(below))
  const goesAhead = (a: number, b: number): boolean => {
    if (a === b || sets[a].size < sets[b].size) return false
    if (sets[a].size === sets[b].size && a > b) return false
    for (let k = 0; k < classes; k += 1) {
      if (times[a * classes + k] !== times[b * classes + k]) return false
    }
    return descendants[b].every(below => sets[a].has(below))
  }
  return Array.from({ length: tasks }, (_, task) =>
    Int32Array.from({ length: tasks }, (_, other) => other).filter(other => goesAhead(other, task)),
  )
}

function twinsOf({ classes, tasks, times, moves, before }: GraphView): Int32Array {
  const twin = new Int32Array(classes).fill(-1)
  const edges = before.task.length
  const sameMoves = (a: number, b: number): boolean => {
    for (let edge = 0; moves && edge < edges; edge += 1) {
      const at = (from: number, to: number) => moves[(edge * classes + from) * classes + to]
      if (at(a, b) !== at(b, a)) return false
      for (let k = 0; k < classes; k += 1) {
        if (k === a || k === b) continue
        if (at(a, k) !== at(b, k) || at(k, a) !== at(k, b)) return false
      }
    }
    return true
  }
  const sameTimes = (a: number, b: number): boolean => {
    for (let task = 0; task < tasks; task += 1) {
      if (times[task * classes + a] !== times[task * classes + b]) return false
    }
    return true
  }
  for (let k = 1; k < classes; k += 1) {
    for (let earlier = k - 1; earlier >= 0 && twin[k] < 0; earlier -= 1) {
      if (sameTimes(earlier, k) && sameMoves(earlier, k)) twin[k] = earlier
    }
  }
  return twin
}
