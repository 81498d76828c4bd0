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
import type { Planner, PlanOptions } from '../planner.ts'
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
  for (const planner of startersFor(problem)) {
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

/** Whether the planners that look at every ready task at every step take half a second at most. */
const canCompareAll = (problem: Problem): boolean => comparingMs(problem) <= 500

/** Milliseconds that one of them takes, about. */
export function comparingMs({ tasks, machines }: Problem): number {
  const shared = machines.some(({ capacity }) => capacity !== undefined)
  return tasks.length ** 2 * machines.length * (shared ? sharedMs : aloneMs)
}

/** To find room on a machine that runs several tasks at once takes long. */
export function isSlowToPlace({ tasks, machines }: Problem): boolean {
  return tasks.length > 2_000 && machines.some(({ capacity }) => capacity !== undefined)
}

/** On large problems a planner takes a second, in which the search itself finds what is better. */
function startersFor(problem: Problem): readonly Planner[] {
  if (problem.times.length > largeEntries) return fastest
  return canCompareAll(problem) ? [...fast, ...batch] : fast
}

const largeEntries = 400_000
/** A task, a ready task and a machine; to find room on one that runs several tasks at once takes longer. */
const aloneMs = 1.25e-6
const sharedMs = 1.25e-4
const fastest = [mct, met, heft]
const fast = [mct, heft, peft, cpop, lpt, met, minLoad, onDemand]
const batch = [minMin, maxMin, sufferage]
