import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { chooseByTrial } from './auto.ts'
import type { Solver } from '../port/solver.ts'
import { countedPlan } from './counted-plan.ts'
import { longestFirst } from './longest-first.ts'
import { type Proof, proveBound } from './prove.ts'
import { realise } from './realise.ts'
import { goesOnUnplanned, type Standing, suffices } from './standing.ts'
import { strategyNamed } from './strategies.ts'

/**
 * What a running job should do with its open items: follow a plan, or go on by a rule. Made for a
 * thread beside the run: problem in, choice out, both plain data.
 */
export type LiveRequest = {
  /** Times in seconds. */
  readonly problem: Problem
  /** `auto`, or what plans by itself. */
  readonly strategy: string
  /** The order that the job names, if it names one. */
  readonly order?: string
  readonly objective: Objective
  readonly seed: number
  /** How far durations stray from what was learnt: a coefficient of variation. */
  readonly noise: number
  /** Milliseconds to search; trials of `auto` may take as many again, and a first look at all some more. */
  readonly ms: number
  /** What the run follows since the last choice. */
  readonly standing?: Standing
}

export type LiveChoice =
  | {
      readonly kind: 'plan'
      readonly strategy: string
      readonly schedule: Schedule
      /** With so many steps and the same seed the same problem gets the same plan; 0: a solver's, by the clock. */
      readonly steps: number
      readonly why: string
    }
  | {
      readonly kind: 'rule'
      readonly strategy: string
      readonly order: string
      readonly why: string
    }

/** `openSolver` is asked only by the strategies that are a solver's: starting one takes some time. */
export async function chooseLive(
  request: LiveRequest,
  openSolver: () => Solver,
): Promise<LiveChoice> {
  const { problem, objective, order, seed, noise, ms, standing } = request
  const auto = request.strategy === 'auto'
  const proof = proveBound(problem)
  if (auto && standing && objective === 'makespan') {
    const settled = unplanned(problem, standing, proof)
    if (settled) return settled
  }
  const strategy = strategyNamed(auto ? 'portfolio' : request.strategy)
  if (strategy === undefined) throw new Error(`no strategy ${request.strategy}`)
  const solver = strategy.kind === 'solver' ? openSolver() : undefined
  const uncertain = auto && noise > 0
  const asked = { strategy, seed, objective, uncertain, solver, proof }
  const { plan, steps } = await countedPlan(problem, asked, ms).finally(() => solver?.close())
  const followable = (schedule: Schedule) =>
    objective === 'makespan' && noise > 0 ? longestFirst(problem, schedule) : schedule
  if (!auto) {
    const why =
      'open items are planned anew when machines change, one overruns or fails, or a quarter has ended'
    return {
      kind: 'plan',
      strategy: strategy.name,
      schedule: followable(plan.schedule),
      steps,
      why,
    }
  }
  const { name, way, why } = await chooseByTrial(problem, {
    objective,
    conditions: { noise, seed },
    order,
    // What a plan beside a run is: made again when a quarter of its items has ended.
    mending: ['seldom'],
    members: plan.members?.map(m => ({ ...m, schedule: followable(m.schedule) })) ?? [],
    deadline: performance.now() + ms,
    patienceMs: patience * ms,
    mostRuns: 64,
    ...(standing && { standing }),
  })
  if (way.kind === 'plan')
    return { kind: 'plan', strategy: name, schedule: way.schedule, steps, why }
  return { kind: 'rule', strategy: way.strategy, order: way.order, why }
}

/** The rule that the run follows, where in expected times it is as good as can be. */
function unplanned(problem: Problem, standing: Standing, proof: Proof): LiveChoice | undefined {
  const { strategy, order } = standing
  if (order === undefined) return undefined
  const way = { kind: 'online', strategy, order } as const
  const { makespan } = realise(problem, way, { noise: 0, seed: 1 })
  if (!suffices(makespan, proof.value, problem.machines.length)) return undefined
  const name = order === 'fifo' ? strategy : `${strategy} in ${order} order`
  return { kind: 'rule', strategy, order, why: goesOnUnplanned(name, makespan, proof) }
}

/** Limit of the first look at all candidates, as a multiple of the search time: trials take cores from the slots. */
const patience = 2
