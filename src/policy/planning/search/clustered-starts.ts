import type { Problem } from '../../../model/problem.ts'
import { makespanOf, type Schedule } from '../../../model/schedule.ts'
import { rankedBy } from '../../../std/rank.ts'
import { listSchedule } from '../list-schedule.ts'
import { leastBy } from '../partial-schedule.ts'
import { meanTransfers, ranksOf } from '../rank.ts'
import { isSlowToPlace } from './starts.ts'

/**
 * Tasks that would pay most for being apart run together (edge zeroing, Sarkar 1989): edges by decreasing
 * transfer, each making one cluster of two as long as that is no more than a part of all work; clusters, largest
 * first, go to the machine that would be through with them first. List schedules place task by task and never see
 * that a whole branch could be elsewhere: on trees with dear transfers these are half as long. How large
 * a part is best depends on the graph, so several are tried. Yields each schedule that is better than all before.
 */
export function* clusteredStarts(
  problem: Problem,
  standing: Schedule,
): Generator<Schedule | undefined, Schedule, void> {
  const transfer = meanTransfers(problem)
  if (isSlowToPlace(problem) || !transfer.some(time => time > 0)) return standing
  const work = leastTimes(problem)
  const all = work.reduce((sum, time) => sum + time, 0)
  const dearest = rankedBy(transfer.map(time => -time))
  const keys = ranksOf(problem).upward.map(rank => -rank)
  let best = standing
  for (const parts of [2, 4, 8, 16, 32, 64]) {
    const cluster = clustersOf(problem, { work, dearest, most: all / parts })
    const machine = machinesFor(problem, cluster, work)
    const found = listSchedule(problem, {
      keys,
      insertion: true,
      machine: (task, partial) => {
        const on = machine[cluster[task]]
        return on < 0 ? partial.fastestMachine(task) : on
      },
    })
    const better = makespanOf(found) < makespanOf(best)
    if (better) best = found
    yield better ? found : undefined
  }
  return best
}

function leastTimes({ tasks, machines, times }: Problem): Float64Array {
  return Float64Array.from(tasks, (_, task) => {
    let least = Number.POSITIVE_INFINITY
    for (let at = task * machines.length; at < (task + 1) * machines.length; at += 1)
      if (times[at] < least) least = times[at]
    return least
  })
}

/** By task the number of its cluster, which is one of its tasks. */
function clustersOf({ tasks, edges }: Problem, how: Clustering): Int32Array {
  const { dearest, most } = how
  const parent = Int32Array.from(tasks.keys())
  const work = how.work.slice()
  const rootOf = (task: number): number => {
    let at = task
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]]
      at = parent[at]
    }
    return at
  }
  const into = intoOf(edges.firstEdge)
  for (const edge of dearest) {
    const a = rootOf(edges.from[edge])
    const b = rootOf(into[edge])
    if (a === b || work[a] + work[b] > most) continue
    parent[b] = a
    work[a] += work[b]
  }
  return Int32Array.from(tasks.keys(), rootOf)
}

type Clustering = {
  readonly work: Float64Array
  /** Edges by decreasing transfer. */
  readonly dearest: Int32Array
  /** Work of a cluster. */
  readonly most: number
}

/** The task that each edge enters. */
function intoOf(firstEdge: Int32Array): Int32Array {
  const into = new Int32Array(firstEdge[firstEdge.length - 1])
  for (let task = 0; task + 1 < firstEdge.length; task += 1)
    into.fill(task, firstEdge[task], firstEdge[task + 1])
  return into
}

/** By cluster; -1 where no machine can run all of it. */
function machinesFor(
  { machines, times }: Problem,
  cluster: Int32Array,
  work: Float64Array,
): Int32Array {
  const count = machines.length
  const total = new Float64Array(times.length)
  const size = new Float64Array(cluster.length)
  cluster.forEach((root, task) => {
    size[root] += work[task]
    for (let on = 0; on < count; on += 1) total[root * count + on] += times[task * count + on]
  })
  const machine = new Int32Array(cluster.length).fill(-1)
  const load = new Float64Array(count)
  for (const root of rankedBy(size.map(sum => -sum))) {
    if (cluster[root] !== root) continue
    const on = leastBy(count, at => load[at] + total[root * count + at])
    machine[root] = on
    if (on >= 0) load[on] += total[root * count + on]
  }
  return machine
}
