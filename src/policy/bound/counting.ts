import { amountOf, type Problem } from '../../model/problem.ts'
import { rankedBy } from '../../std/rank.ts'
import type { HeadsTails } from './heads-tails.ts'

/**
 * Whole tasks against whole machines, between a head and a tail. Take tasks that start no earlier
 * than `a` and are followed by at least `b`. Within a window of length W a machine runs k of them
 * only if its k shortest fit; so W is at least the least length at which the machines together run
 * them all: with c tasks, the c-th smallest of all sums of shortest times. Where tasks are few and
 * machines unlike, this sees what a load cannot: that nobody runs half a task. (The pigeonhole
 * bound carried to unrelated machines; heads and tails as Fernandez and Bussell 1973.)
 *
 * A machine that runs several at once takes at least as long for k of them as the k-th shortest, as
 * the ceil(k / q) shortest one after another if no more than q fit at once, and as the k least
 * areas of any resource, time x need / capacity, together.
 *
 * Any set of tasks gives a valid bound. Tried are the longest c of each window, c by steps of a
 * fifth.
 */
export function countingBound(problem: Problem, { head, tail }: HeadsTails): number {
  const machines = problem.machines.length
  const windows = Math.floor(Math.sqrt(work / (problem.times.length + 1)))
  if (windows < 1) return 0
  const order = longestFirst(problem)
  if (order.length === 0) return 0
  const [heads, tails] = [spread(head, windows), spread(tail, windows)]
  let best = 0
  for (const after of heads) {
    let before = -1
    for (const rest of tails) {
      const within = order.filter(task => head[task] >= after && tail[task] >= rest)
      // Another tail that leaves as many tasks leaves the same, and tails come largest first.
      if (within.length === before) continue
      before = within.length
      const most = Math.min(within.length, Math.max(machines, Math.floor(sorted / machines)))
      for (let count = most; count > machines; count = Math.floor(count / 1.25)) {
        const least = leastWindow(problem, within.subarray(0, count))
        best = Math.max(best, (after + rest + least) * (1 - (count + 4) * 2 ** -52))
      }
      best = Math.max(best, fewTasks(problem, within, after + rest))
    }
  }
  return best
}

/** Entries sorted over all windows and counts. */
const work = 500_000
/** Entries sorted at once: of more tasks per machine loads say more, for there a part of a task is little. */
const sorted = 50_000

/** Up to as many tasks as machines: every count, for the steps are large there. */
function fewTasks(problem: Problem, within: Int32Array, around: number): number {
  let best = 0
  const most = Math.min(within.length, problem.machines.length, 16)
  for (let count = 1; count <= most; count += 1) {
    const least = leastWindow(problem, within.subarray(0, count))
    best = Math.max(best, (around + least) * (1 - (count + 4) * 2 ** -52))
  }
  return best
}

function leastWindow(problem: Problem, tasks: Int32Array): number {
  const { times, machines } = problem
  const count = tasks.length
  const sums = new Float64Array(count * machines.length)
  for (const [on, { capacity }] of machines.entries()) {
    const own = sums.subarray(on * count, (on + 1) * count)
    for (let at = 0; at < count; at += 1) own[at] = times[tasks[at] * machines.length + on]
    own.sort()
    if (capacity === undefined) addUp(own)
    else shareWindow(problem, tasks, { on, capacity, own })
  }
  return sums.sort()[count - 1]
}

function addUp(values: Float64Array): void {
  for (let at = 1; at < values.length; at += 1) values[at] += values[at - 1]
}

/**
 * `own`, the times on a machine that runs several tasks at once, becomes how long so many take
 * there.
 */
function shareWindow(
  { tasks: all, times, machines }: Problem,
  tasks: Int32Array,
  {
    on,
    capacity,
    own,
  }: {
    readonly on: number
    readonly capacity: Readonly<Record<string, number>>
    readonly own: Float64Array
  },
): void {
  const rows = own.slice()
  addUp(rows)
  for (const resource of Object.keys(capacity)) {
    const offered = capacity[resource] * ROUNDING
    const needs = Float64Array.from(tasks, task => amountOf(all[task].needs, resource))
    const areas = needs.map((need, at) => {
      const time = times[tasks[at] * machines.length + on]
      return need > 0 && time < Number.POSITIVE_INFINITY ? (time * need) / offered : 0
    })
    addUp(areas.sort())
    addUp(needs.sort())
    const fitting = needs.findIndex(sum => sum > offered)
    const atOnce = fitting < 0 ? needs.length : Math.max(1, fitting)
    for (let at = 0; at < own.length; at += 1) {
      own[at] = Math.max(own[at], areas[at], rows[Math.floor(at / atOnce)])
    }
  }
}

/** Capacities are kept up to this. */
const ROUNDING = 1 + 1e-9

function longestFirst({ times, tasks, machines }: Problem): Int32Array {
  const count = machines.length
  const negated = new Float64Array(tasks.length)
  for (let task = 0; task < negated.length; task += 1) {
    let least = Number.POSITIVE_INFINITY
    for (let at = task * count; at < (task + 1) * count; at += 1) {
      if (times[at] < least) least = times[at]
    }
    negated[task] = -least
  }
  return rankedBy(negated)
}

/** Distinct values, largest first, at most so many of them; the least is always there. */
function spread(values: Float64Array, most: number): number[] {
  const distinct = [...new Set(values)].sort((a, b) => b - a)
  const stride = Math.ceil(distinct.length / most)
  return distinct.filter((_, at) => (distinct.length - 1 - at) % stride === 0)
}
