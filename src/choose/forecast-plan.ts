import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { type Hindsight, inHindsight } from '../policy/estimation/hindsight.ts'
import type { Uncertainty } from './job-problem.ts'
import { realise } from './realise.ts'

/**
 * The middle 80 % of the makespans that the plan comes to: simulated under the noise of single tasks,
 * widened by what is common to all of them, and later by what loading takes, which is no task's; and as earlier runs
 * ended beside what had been foretold of them.
 */
export function forecastPlan(
  problem: Problem,
  schedule: Schedule,
  options: Uncertainty & {
    readonly seed: number
    readonly loading: number
    readonly hindsight?: Hindsight
  },
): { readonly low: number; readonly middle: number; readonly high: number } {
  const runs = options.noise > 0 ? 21 : 1
  const makespans = Array.from(
    { length: runs },
    (_, nth) =>
      realise(
        problem,
        { kind: 'plan', schedule },
        { noise: options.noise, seed: options.seed + nth },
      ).makespan,
  ).sort((a, b) => a - b)
  const at = (share: number) => makespans[Math.round(share * (runs - 1))]
  const middle = at(0.5)
  // The two vary independently. Downwards they act as a factor: otherwise, with a single observation, the low
  // end could reach zero.
  const apart = normalQuantile * options.common
  const low = middle > 0 ? middle / (1 + Math.hypot(middle / at(0.1) - 1, apart)) : 0
  const high = middle + Math.hypot(at(0.9) - middle, middle * apart)
  const { loading, hindsight = [] } = options
  const played = { low: low + loading, expected: middle + loading, high: high + loading }
  const told = inHindsight(hindsight, 0, played)
  return { low: told.low, middle: told.expected, high: told.high }
}

/** 90 % of a normal distribution lie below so many deviations. */
const normalQuantile = 1.2816
