import type { Problem } from '../../../model/problem.ts'
import { makespanOf, type Schedule } from '../../../model/schedule.ts'
import { prng } from '../../../std/prng.ts'
import { listSchedule } from '../list-schedule.ts'
import type { PlanOptions } from '../planner.ts'
import { bestStart } from './starts.ts'

/**
 * Search where machines run several tasks at once: over priorities alone, each task going where it
 * finishes first. A random-key local search: a few keys are moved at a time, and the change is kept
 * unless it makes the schedule longer, so that it drifts across plateaus.
 * Source: random keys, Bean 1994; list schedules over them, Kolisch and Hartmann 1999.
 */
export function* searchCapacities(
  problem: Problem,
  options: PlanOptions,
): Generator<Schedule | undefined, void, void> {
  const bound = (options.lowerBound ?? 0) * (1 + 1e-12)
  const best = yield* bestStart(problem, options)
  if (best === undefined || problem.tasks.length === 0) return
  let least = makespanOf(best)
  const random = prng(options.seed, 3)
  let keys = Float64Array.from(best.start)
  let current = Number.POSITIVE_INFINITY
  while (least > bound) {
    const tried = keys.slice()
    const changes = 1 + Math.floor(random.next() ** 3 * 8)
    if (current < Number.POSITIVE_INFINITY) {
      for (let change = 0; change < changes; change += 1) {
        tried[Math.floor(random.next() * tried.length)] = random.next() * current
      }
    }
    const schedule = listSchedule(problem, {
      keys: tried,
      insertion: true,
      machine: (task, partial) => partial.fastestMachine(task),
    })
    const makespan = makespanOf(schedule)
    if (makespan <= current) {
      keys = tried
      current = makespan
    }
    const better = makespan < least
    if (better) least = makespan
    yield better ? schedule : undefined
  }
}
