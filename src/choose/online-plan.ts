import { runsAnywhere, ticksOf } from '../model/horizon.ts'
import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { allocationNamed } from '../policy/registry.ts'
import { listSchedule } from '../policy/planning/list-schedule.ts'
import { planRanks } from '../sim/plan-ranks.ts'
import { simulateProblem } from '../sim/simulate.ts'

/**
 * An online strategy as a schedule: the real core chooses in virtual time, and its choices are
 * timed again, because the core counts whole ticks and a schedule does not. Where a list schedule of
 * the same choices would start something earlier than the core did, it waits as it did there: a plan
 * promises no more than a run would keep.
 */
export function planOnline(
  problem: Problem,
  strategy: string,
  seed: number,
  order = 'fifo',
): Schedule {
  return exactly(problem, simulateProblem(problem, { strategy, seed, order }).schedule)
}

/** The same machines, but on each the tasks in an order, as those that may start come. */
export function inOrder(problem: Problem, plan: Schedule, order: string): Schedule {
  return exactly(problem, simulateProblem(problem, { strategy: 'planned', plan, order }).schedule)
}

/** What was simulated without noise, in times that no tick has rounded: the plan's own, where one was kept. */
export function exactTimes(problem: Problem, simulated: Schedule, plan?: Schedule): Schedule {
  const rounding = problem.tasks.length / ticksOf(problem)
  const isKept = plan?.end.every(
    (end, task) =>
      plan.machine[task] === simulated.machine[task] &&
      Math.abs(end - simulated.end[task]) <= rounding,
  )
  return plan !== undefined && isKept === true ? plan : exactly(problem, simulated)
}

function exactly(problem: Problem, schedule: Schedule): Schedule {
  const { items } = planRanks(problem, schedule)
  const keys = new Float64Array(items.length)
  items.forEach((task, rank) => {
    keys[task] = rank
  })
  const rule = { keys, machine: (task: number) => schedule.machine[task] }
  const exact = listSchedule(problem, rule)
  const rounding = problem.tasks.length / ticksOf(problem)
  if (exact.end.every((end, task) => Math.abs(end - schedule.end[task]) <= rounding)) return exact
  const tasks = problem.tasks.map((task, at) => ({
    ...task,
    release: Math.max(task.release, schedule.start[at]),
  }))
  return listSchedule({ ...problem, tasks }, rule)
}

/**
 * Whether the planner of the strategy's name might place otherwise than a run would: it places tasks
 * in input order, a run as they become ready or in an order asked for; at random each draws its own lots.
 * Where not all machines can run a task, turns are counted otherwise, and one that waits may hold up others.
 * A task of no ticks keeps its machine at work for an instant, in which on-demand takes another.
 */
export function placesAsItGoes(problem: Problem, strategy: string, order?: string): boolean {
  const { tasks, edges, machines } = problem
  if (allocationNamed(strategy) === undefined) return false
  return (
    strategy === 'random' ||
    order !== undefined ||
    edges.from.length > 0 ||
    tasks.some(({ release }) => release > 0) ||
    machines.some(({ capacity }) => capacity !== undefined) ||
    (['on-demand', 'round-robin'].includes(strategy) && !runsAnywhere(problem)) ||
    (strategy === 'on-demand' && hasInstants(problem))
  )
}

function hasInstants(problem: Problem): boolean {
  const { times } = problem
  const least = 0.5 / ticksOf(problem)
  // No callback: there may be 100 million.
  for (let at = 0; at < times.length; at += 1) if (times[at] < least) return true
  return false
}
