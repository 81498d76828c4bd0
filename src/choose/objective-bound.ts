import type { Objective } from '../model/job.ts'
import { topologicalOrder } from '../model/precedence.ts'
import { lateFrom, type Problem } from '../model/problem.ts'
import { leastFlow } from './least-flow.ts'

/**
 * What no schedule can be below, under an objective other than the makespan: each task on its best
 * machine, as soon as its predecessors on theirs allow. Exact for cost, which is a sum over tasks.
 */
export function objectiveBound(problem: Problem, objective: Objective): number {
  if (objective === 'cost') return leastCost(problem)
  const ends = earliestEnds(problem)
  if (objective === 'weighted-tardiness') {
    return problem.tasks.reduce(
      (sum, given, task) => sum + given.weight * Math.max(0, ends[task] - lateFrom(given)),
      0,
    )
  }
  if (objective === 'mean-flow-time') {
    const released = problem.tasks.reduce((sum, { release }) => sum + release, 0)
    const alone = ends.reduce((sum, end) => sum + end, 0)
    const most = Math.max(alone, withoutWaiting(problem))
    return Math.max(0, most - released) / Math.max(1, problem.tasks.length)
  }
  return 0
}

/** The price of each task where it is cheapest, and those machines: `Infinity` on all others. */
export function onCheapestMachines(problem: Problem): Problem {
  const machines = problem.machines.length
  const times = problem.times.slice()
  for (let task = 0; task < problem.tasks.length; task += 1) {
    const least = cheapest(problem, task)
    for (let on = 0; on < machines; on += 1) {
      const at = task * machines + on
      if (priceOf(problem, task, on) > least * (1 + 1e-12)) times[at] = Number.POSITIVE_INFINITY
    }
  }
  return { ...problem, times }
}

function leastCost(problem: Problem): number {
  return problem.tasks.reduce((sum, _, task) => sum + cheapest(problem, task), 0)
}

function cheapest(problem: Problem, task: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let on = 0; on < problem.machines.length; on += 1) {
    least = Math.min(least, priceOf(problem, task, on))
  }
  return least
}

/** A machine that cannot run the task has no price, not even where its time is free. */
function priceOf({ machines, times }: Problem, task: number, on: number): number {
  const time = times[task * machines.length + on]
  return time === Number.POSITIVE_INFINITY ? time : time * machines[on].cost
}

function fastestTimes({ tasks, machines, times }: Problem): Float64Array {
  return Float64Array.from(tasks, (_, task) =>
    times
      .subarray(task * machines.length, (task + 1) * machines.length)
      .reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY),
  )
}

function earliestEnds(problem: Problem): Float64Array {
  const { firstEdge, from } = problem.edges
  const fastest = fastestTimes(problem)
  const ends = new Float64Array(fastest.length)
  for (const task of topologicalOrder(problem.edges)) {
    let ready = problem.tasks[task].release
    for (let edge = firstEdge[task]; edge < firstEdge[task + 1]; edge += 1) {
      ready = Math.max(ready, ends[from[edge]])
    }
    ends[task] = ready + fastest[task]
  }
  return ends
}

/** Sum of ends where no task waits for another or for its release. Says nothing of machines that run several at once. */
function withoutWaiting(problem: Problem): number {
  const { machines, underway = 0 } = problem
  if (machines.some(({ capacity }) => capacity !== undefined)) return 0
  const exact = underway === 0 ? leastFlow(problem, new Float64Array(machines.length)) : undefined
  return exact?.bound ?? shortestFirst(problem)
}

/**
 * Sum of completion times with every task at its fastest on machines alike: shortest first is least
 * (Conway, Maxwell and Miller 1967).
 */
function shortestFirst(problem: Problem): number {
  const sorted = fastestTimes(problem).sort()
  const machines = problem.machines.length
  // The last task of each machine counts once, the one before it twice, and so on.
  return sorted.reduce(
    (sum, time, rank) => sum + time * Math.ceil((sorted.length - rank) / machines),
    0,
  )
}
