import type { Objective } from '../model/job.ts'
import { ticksOf } from '../model/horizon.ts'
import type { Problem } from '../model/problem.ts'
import { allocationNamed } from '../policy/registry.ts'
import type { Solver } from '../port/solver.ts'
import { chooseByTrial } from './auto.ts'
import type { Spending } from './drive.ts'
import { type PlanOutcome, planProblem } from './plan-problem.ts'
import { proveBound } from './prove.ts'
import { type Conditions, inHindsight, type Realised, realise, type Way } from './realise.ts'
import type { Strategy } from './strategies.ts'
import { exactTimes } from './online-plan.ts'
import { moneyAndWeights } from './objective.ts'
import { measureSchedule } from '../sim/measures.ts'

/** A strategy made ready for a problem: planned where it plans, chosen where it chooses. Run it with `realise`. */
export async function prepare(problem: Problem, options: PrepareOptions): Promise<Prepared> {
  const { strategy, order, seed, spending, solver } = options
  if (isOnline(strategy)) {
    return { way: { kind: 'online', strategy: strategy.name, order: order ?? 'fifo' }, seconds: 0 }
  }
  const began = performance.now()
  const { noise, faults, objective } = options
  const auto = strategy.name === 'auto'
  const timed = auto && spending.kind === 'time'
  const plan = await planProblem(problem, {
    strategy,
    seed,
    uncertain: auto && (noise > 0 || faults !== undefined),
    spending: timed ? { ...spending, ms: spending.ms * searched } : spending,
    objective,
    order,
    solver,
  })
  if (!auto) {
    const { schedule, seconds, why } = plan
    const again = strategy.searches === true && objective === 'makespan'
    // What searches plans again as a live run does; a rule's plan is followed as it was made.
    const way: Way = { kind: 'plan', schedule, order, ...(again && { mended: 'seldom' }) }
    return { way, plan, seconds, why }
  }
  const chosen = await chooseByTrial(problem, {
    objective,
    conditions: { noise, seed, faults },
    order,
    members: plan.members ?? [],
    ...(spending.kind === 'time' && { deadline: began + spending.ms }),
  })
  const seconds = spending.kind === 'steps' ? 0 : (performance.now() - began) / 1000
  return { way: chosen.way, plan, seconds, why: chosen.why }
}

/** Of the time of `auto`; the rest is for trials. */
const searched = 0.6

type PrepareOptions = {
  readonly strategy: Strategy
  readonly order?: string
  readonly objective: Objective
  readonly noise: number
  readonly faults?: Conditions['faults']
  readonly seed: number
  readonly spending: Spending
  readonly solver?: Solver
}

export type Prepared = {
  readonly way: Way
  readonly plan?: PlanOutcome
  readonly seconds: number
  readonly why?: string
}

export type RunOutcome = Realised & {
  /** Wall-clock seconds of the run in virtual time alone, without its bound. */
  readonly simulationSeconds: number
  readonly lowerBound: number
  readonly gap: number
  readonly optimal: boolean
}

/**
 * One run, and the bound in hindsight: of the durations that this seed gave. Where tasks failed for
 * good nothing bounds what was left, and the bound is 0.
 */
export function runPrepared(
  problem: Problem,
  prepared: Prepared,
  conditions: Conditions,
): RunOutcome {
  const began = performance.now()
  const simulated = realise(problem, prepared.way, conditions)
  const simulationSeconds = (performance.now() - began) / 1000
  const complete = simulated.completions === problem.tasks.length
  const certain = complete && conditions.noise === 0 && conditions.faults === undefined
  const realised = certain ? unrounded(problem, prepared.way, simulated) : simulated
  const actual = inHindsight(problem, conditions)
  const planned = conditions.noise === 0 ? prepared.plan?.lowerBound : undefined
  // The core counts whole ticks, so a sum of rounded times may end on either side of the bound of exact ones.
  const bound = complete ? Math.min(planned ?? proveBound(actual).value, realised.makespan) : 0
  const rounding = problem.tasks.length / ticksOf(problem)
  const optimal = complete && realised.makespan - bound <= rounding
  const gap = optimal ? 0 : bound > 0 ? realised.makespan / bound - 1 : Number.POSITIVE_INFINITY
  return { ...realised, simulationSeconds, lowerBound: bound, gap, optimal }
}

/** What was certain is what `plan` says, to the last digit: the core counted it in ticks. */
function unrounded(problem: Problem, way: Way, simulated: Realised): Realised {
  const plan = way.kind === 'plan' ? way.schedule : undefined
  const schedule = exactTimes(problem, simulated.schedule, plan)
  const measured = { ...measureSchedule(problem, schedule), ...moneyAndWeights(problem, schedule) }
  return { ...simulated, ...measured, schedule }
}

/** Strategies that choose as tasks become ready, though some can also be planned ahead. */
function isOnline(strategy: Strategy): boolean {
  return strategy.kind === 'online' || allocationNamed(strategy.name) !== undefined
}
