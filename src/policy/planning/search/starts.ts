import type { Problem } from '../../../model/problem.ts'
import { makespanOf, type Schedule } from '../../../model/schedule.ts'
import { cpop } from '../cpop.ts'
import { heft } from '../heft.ts'
import { lpt } from '../lpt.ts'
import { maxMin } from '../max-min.ts'
import { mct } from '../mct.ts'
import { met } from '../met.ts'
import { minLoad } from '../min-load.ts'
import { minMin } from '../min-min.ts'
import { onDemand } from '../on-demand.ts'
import { peft } from '../peft.ts'
import type { PlanOptions } from '../planner.ts'
import { sufferage } from '../sufferage.ts'

/**
 * What the constructive planners give, one after another, so that a search is never worse than the
 * best of them. The ones that compare all ready tasks are left out where that takes too long.
 * Whoever brings an incumbent has tried them.
 */
function* startingSchedules(
  problem: Problem,
  options: PlanOptions,
): Generator<Schedule, void, void> {
  if (options.incumbent !== undefined) {
    yield options.incumbent
    return
  }
  const entries = problem.tasks.length * problem.machines.length
  const all = problem.tasks.length * entries <= batchLimit
  for (const planner of all ? [...fast, ...batch] : fast) {
    if (planner.refuses?.(problem) !== undefined) continue
    for (const schedule of planner.plan(problem, options)) if (schedule) yield schedule
  }
}

/**
 * Yields each start that is better than all before it, nothing for the others; the best is
 * returned.
 */
export function* bestStart(
  problem: Problem,
  options: PlanOptions,
): Generator<Schedule | undefined, Schedule | undefined, void> {
  let best: Schedule | undefined
  for (const schedule of startingSchedules(problem, options)) {
    const better = best === undefined || makespanOf(schedule) < makespanOf(best)
    if (better) best = schedule
    yield better ? schedule : undefined
  }
  return best
}

/** Task, ready task and machine: half a second's worth. */
export const batchLimit = 400_000_000
const fast = [mct, heft, peft, cpop, lpt, met, minLoad, onDemand]
const batch = [minMin, maxMin, sufferage]
