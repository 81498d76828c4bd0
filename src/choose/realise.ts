import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import type { Measures } from '../sim/measures.ts'
import type { ProblemFaults } from '../sim/problem-faults.ts'
import { simulateProblem } from '../sim/simulate.ts'
import { durationFactors } from '../sim/uncertainty.ts'
import { mender, type Mending } from './mend.ts'
import { moneyAndWeights, type Score } from './objective.ts'

/**
 * What a strategy comes to when it runs: the real core in virtual time, under the noise and faults of
 * one seed. A planned strategy is adopted as a plan and followed; one that is mended is planned anew as
 * reality leaves it; an online one chooses as it goes.
 */
export function realise(problem: Problem, way: Way, conditions: Conditions): Realised {
  const { noise, faults, seed } = conditions
  const simulated = simulateProblem(problem, {
    strategy: way.kind === 'plan' ? 'planned' : way.strategy,
    order: way.order,
    ...(way.kind === 'plan' && { plan: way.schedule }),
    ...(way.kind === 'plan' &&
      way.mended &&
      (noise > 0 || faults) && { mend: mender(way.mended, conditions) }),
    noise,
    seed,
    faults,
  })
  const { wasted, ...measured } = simulated
  const { cost, ...due } = moneyAndWeights(problem, simulated.schedule)
  return { ...measured, ...due, cost: cost + wasted }
}

export type Way =
  | {
      readonly kind: 'plan'
      readonly schedule: Schedule
      readonly mended?: Mending
      /** Who goes first where the plan says; as planned when absent. */
      readonly order?: string
    }
  | { readonly kind: 'online'; readonly strategy: string; readonly order: string }

export type Conditions = {
  /** Coefficient of variation of the durations. */
  readonly noise: number
  readonly faults?: ProblemFaults
  readonly seed: number
  /** One of many, to choose by: plans are mended with fewer moves. */
  readonly isTrial?: boolean
}

export type Realised = Measures & {
  readonly schedule: Schedule
  /** Of all attempts: what failed was paid for as well. */
  readonly cost: number
  readonly weightedTardiness: number
  /** Greatest end minus due date; -Infinity where nothing is due. */
  readonly lateness: number
}

/** The problem as it turned out: with the durations that this seed gives. For bounds in hindsight. */
export function inHindsight(problem: Problem, { noise, seed }: Conditions): Problem {
  if (noise === 0) return problem
  const factors = durationFactors(problem.tasks.length, noise, seed)
  const machines = problem.machines.length
  return {
    ...problem,
    times: problem.times.map((time, at) => time * factors[Math.floor(at / machines)]),
  }
}

/**
 * What an objective makes of a run; less is better. Of equals the shorter, but of those that come in time
 * in a run that luck may change, what has most room left before a due date.
 */
export function scoreOf(realised: Realised, objective: Objective, certain = true): Score {
  const { makespan, lateness } = realised
  const score = { value: valueUnder(realised, objective), makespan }
  const tells = !certain && objective === 'weighted-tardiness' && Number.isFinite(lateness)
  return tells ? { ...score, lateness } : score
}

function valueUnder(realised: Realised, objective: Objective): number {
  switch (objective) {
    case 'makespan':
      return realised.makespan
    case 'mean-flow-time':
      return realised.meanFlowTime
    case 'weighted-tardiness':
      return realised.weightedTardiness
    case 'cost':
      return realised.cost
    default:
      return objective satisfies never
  }
}
