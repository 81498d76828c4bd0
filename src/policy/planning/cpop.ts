import { successorsOf } from '../../model/precedence.ts'
import type { Problem } from '../../model/problem.ts'
import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'
import { leastBy } from './partial-schedule.ts'
import { meanTransfers, ranksOf } from './rank.ts'

/**
 * Critical path on a processor: tasks by upward plus downward rank; those on one critical path all
 * go to the machine that runs the path fastest, the others where they finish first, with insertion.
 */
export const cpop = constructive({
  name: 'cpop',
  source: 'Topcuoglu, Hariri and Wu 2002, with insertion',
  build: problem => {
    const { upward, downward } = ranksOf(problem)
    const priority = upward.map((rank, task) => rank + downward[task])
    const critical = criticalPath(problem, upward)
    const processor = pathMachine(problem, critical)
    const machines = problem.machines.length
    return listSchedule(problem, {
      keys: priority.map(value => -value),
      insertion: true,
      machine: (task, partial) =>
        critical.has(task) && problem.times[task * machines + processor] < Number.POSITIVE_INFINITY
          ? processor
          : partial.fastestMachine(task),
    })
  },
})

/**
 * From the entry task of greatest upward rank on, always along the edge that this rank came
 * through. (All tasks of the path have one priority, but for rounding, and a task may have several
 * of them as successors: by priority alone the path would skip some.)
 */
function criticalPath(problem: Problem, upward: Float64Array): Set<number> {
  const { firstEdge } = problem.edges
  const successors = successorsOf(problem.edges)
  const transfer = meanTransfers(problem)
  let at = -1
  for (let task = 0; task < upward.length; task += 1) {
    if (firstEdge[task] < firstEdge[task + 1]) continue
    if (at < 0 || upward[task] > upward[at] * rounding) at = task
  }
  const path = new Set<number>()
  while (at >= 0) {
    path.add(at)
    let next = -1
    let longest = -1
    for (let out = successors.firstEdge[at]; out < successors.firstEdge[at + 1]; out += 1) {
      const below = transfer[successors.edge[out]] + upward[successors.to[out]]
      if (next >= 0 && below <= longest * rounding) continue
      longest = below
      next = successors.to[out]
    }
    at = next
  }
  return path
}

/**
 * Sums of the same numbers in another order differ by less: what is longer only by that is a tie.
 */
const rounding = 1 + 1e-12

/** Runs most of the path's tasks, and of such machines in the least total time. */
function pathMachine(problem: Problem, path: ReadonlySet<number>): number {
  const machines = problem.machines.length
  const able = new Int32Array(machines)
  const total = new Float64Array(machines)
  for (const task of path) {
    for (let machine = 0; machine < machines; machine += 1) {
      const time = problem.times[task * machines + machine]
      if (time === Number.POSITIVE_INFINITY) continue
      able[machine] += 1
      total[machine] += time
    }
  }
  const most = able.reduce((a, b) => Math.max(a, b))
  return leastBy(machines, machine =>
    able[machine] === most ? total[machine] : Number.POSITIVE_INFINITY,
  )
}
