import { successorsOf } from '../../model/precedence.ts'
import type { Problem } from '../../model/problem.ts'
import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'
import { leastBy } from './partial-schedule.ts'
import { ranksOf } from './rank.ts'

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
    const critical = criticalPath(problem, priority)
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

/** From the entry task of greatest priority on, always the successor of greatest priority. */
function criticalPath(problem: Problem, priority: Float64Array): Set<number> {
  const { firstEdge } = problem.edges
  const successors = successorsOf(problem.edges)
  let at = -1
  for (let task = 0; task < priority.length; task += 1) {
    if (firstEdge[task] < firstEdge[task + 1]) continue
    if (at < 0 || priority[task] > priority[at]) at = task
  }
  const path = new Set<number>()
  while (at >= 0) {
    path.add(at)
    let next = -1
    for (let edge = successors.firstEdge[at]; edge < successors.firstEdge[at + 1]; edge += 1) {
      const to = successors.to[edge]
      if (next < 0 || priority[to] > priority[next]) next = to
    }
    at = next
  }
  return path
}

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
