import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { listSchedule } from '../policy/planning/list-schedule.ts'
import { planRanks } from '../sim/plan-ranks.ts'
import { simulateProblem } from '../sim/simulate.ts'

/**
 * An online strategy as a schedule: the real core chooses in virtual time, and its choices are
 * timed again, because the core counts whole ticks and a schedule does not.
 */
export function planOnline(
  problem: Problem,
  strategy: string,
  seed: number,
  order = 'fifo',
): Schedule {
  const { schedule } = simulateProblem(problem, { strategy, seed, order })
  const { items } = planRanks(problem, schedule)
  const keys = new Float64Array(items.length)
  items.forEach((task, rank) => {
    keys[task] = rank
  })
  return listSchedule(problem, { keys, machine: task => schedule.machine[task] })
}
