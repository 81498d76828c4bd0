import type { Problem } from '../../model/problem.ts'
import type { HeadsTails } from './heads-tails.ts'

/**
 * Whole tasks against whole machines, between a head and a tail. Take tasks that start no earlier
 * than `a` and are followed by at least `b`. Within a window of length W a machine runs k of them only
 * if its k shortest fit; so W is at least the least length at which the machines together run them all:
 * with c tasks, the c-th smallest of all sums of shortest times. Where tasks are few and machines
 * unlike, this sees what a load cannot: that nobody runs half a task. (The pigeonhole bound carried to
 * unrelated machines; heads and tails as Fernandez and Bussell 1973.)
 *
 * Any set of tasks gives a valid bound. Tried are the longest c of each window, c by steps of a fifth.
 */
export function countingBound(problem: Problem, { head, tail }: HeadsTails): number {
  if (problem.machines.some(({ capacity }) => capacity !== undefined)) return 0
  const machines = problem.machines.length
  const order = longestFirst(problem)
  const windows = Math.floor(Math.sqrt(work / (problem.times.length + 1)))
  if (windows < 1 || order.length === 0) return 0
  const [heads, tails] = [spread(head, windows), spread(tail, windows)]
  let best = 0
  for (const after of heads) {
    let before = -1
    for (const rest of tails) {
      const within = order.filter(task => head[task] >= after && tail[task] >= rest)
      // Another tail that leaves as many tasks leaves the same, and tails come largest first.
      if (within.length === before) continue
      before = within.length
      for (let count = within.length; count > machines; count = Math.floor(count / 1.25)) {
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

function leastWindow({ times, machines }: Problem, tasks: Int32Array): number {
  const count = tasks.length
  const sums = new Float64Array(count * machines.length)
  for (let on = 0; on < machines.length; on += 1) {
    const own = sums.subarray(on * count, (on + 1) * count)
    for (let at = 0; at < count; at += 1) own[at] = times[tasks[at] * machines.length + on]
    own.sort()
    for (let at = 1; at < count; at += 1) own[at] += own[at - 1]
  }
  return sums.sort()[count - 1]
}

function longestFirst({ times, tasks, machines }: Problem): Int32Array {
  const least = new Float64Array(tasks.length).fill(Number.POSITIVE_INFINITY)
  for (let at = 0; at < times.length; at += 1) {
    const task = Math.floor(at / machines.length)
    if (times[at] < least[task]) least[task] = times[at]
  }
  return Int32Array.from(least.keys()).sort((a, b) => least[b] - least[a] || a - b)
}

/** Distinct values, largest first, at most so many of them; the least is always there. */
function spread(values: Float64Array, most: number): number[] {
  const distinct = [...new Set(values)].sort((a, b) => b - a)
  const stride = Math.ceil(distinct.length / most)
  return distinct.filter((_, at) => (distinct.length - 1 - at) % stride === 0)
}
