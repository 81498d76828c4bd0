import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'
import { violationsOf } from '../model/validator.ts'
import type { Solver } from '../port/solver.ts'
import { type Budget, budgetOf, drive, isSpent, stepsAhead, type Spending } from './drive.ts'
import { planLpRounding } from './lp-plan.ts'
import { planMilp } from './milp-plan.ts'
import { scoreSchedule } from './objective.ts'
import { objectiveBound } from './objective-bound.ts'
import { inOrder, placesAsItGoes, planOnline } from './online-plan.ts'
import { membersInOrder } from './ordered-plan.ts'
import { planFor } from './objective-portfolio.ts'
import type { Member } from './member.ts'
import { underwayFirst } from '../policy/planning/underway.ts'
import { plural } from '../std/units.ts'
import { best, meets, type Proof, proveBound } from './prove.ts'
import { reasonFor } from './reason.ts'
import { refusalOf, type Strategy } from './strategies.ts'

/**
 * One schedule by one strategy, checked by the validator, with the best lower bound known beside it.
 * Everything that shows a schedule comes through here.
 */
export async function planProblem(problem: Problem, request: PlanRequest): Promise<PlanOutcome> {
  const { strategy, seed } = request
  const refusal = refusalOf(strategy, problem)
  if (refusal !== undefined) throw new Refused(strategy.name, refusal)
  const asked = performance.now()
  const beforeSearch = request.spending.kind === 'time' && provesItself(strategy)
  const proof = request.proof ?? proveBound(problem, { beforeSearch })
  const began = performance.now()
  const budget = budgetAfter(began - asked, request.spending)
  const made = await scheduleBy(strategy, problem, { ...request, budget }, proof)
  const found = { ...made, schedule: underwayFirst(problem, made.schedule) }
  const seconds = request.spending.kind === 'steps' ? 0 : (performance.now() - began) / 1000
  requireValid(problem, found.schedule, strategy.name)
  const strongest = found.proof ? best(proof, found.proof) : proof
  return {
    strategy: strategy.name,
    seed,
    seconds,
    ...found,
    ...verdict(found.schedule, strongest),
    ...aimed(problem, found.schedule, request.objective),
  }
}

/** The bound's time counts, but on a busy box it must not take the search's: a quarter of the limit at most. */
function budgetAfter(provingMs: number, spending: Spending): Budget {
  const taken = spending.kind === 'time' ? Math.min(provingMs, spending.ms / 4) : 0
  return budgetOf(spending, performance.now() - taken)
}

const provesItself = ({ kind, searches }: Strategy): boolean =>
  kind === 'choice' || kind === 'solver' || searches === true

export type PlanRequest = {
  readonly strategy: Strategy
  readonly seed: number
  readonly spending: Spending
  /** What choices are made by; the makespan when absent. Only `portfolio` and `auto` choose. */
  readonly objective?: Objective
  /** Who goes first, wherever the strategy puts it; the strategy's own when absent. */
  readonly order?: string
  /** Without one the solver's strategies throw, and the portfolio does without. */
  readonly solver?: Solver
  /** A bound known already. */
  readonly proof?: Proof
  /** Durations will vary: all members are wanted, not just the first that meets the bound. */
  readonly uncertain?: boolean
}

export type PlanOutcome = Verdict & {
  /** Absent where it is the makespan. */
  readonly aim?: Aim
  readonly strategy: string
  readonly seed: number
  readonly schedule: Schedule
  /** Wall clock of the planning alone, bound excluded; 0 when steps were counted. */
  readonly seconds: number
  /** Why this schedule and no other, for strategies that chose. */
  readonly why?: string
  /** What went wrong on the way, if a worse answer was found all the same. */
  readonly trouble?: string
  readonly members?: readonly Member[]
}

type Verdict = {
  readonly makespan: number
  readonly lowerBound: number
  readonly boundBy: string
  readonly gap: number
  readonly optimal: boolean
}

/** A schedule under an objective other than the makespan. */
export type Aim = {
  readonly objective: Objective
  readonly value: number
  /** No schedule has less. */
  readonly bound: number
}

function aimed(
  problem: Problem,
  schedule: Schedule,
  objective: Objective = 'makespan',
): { aim?: Aim } {
  if (objective === 'makespan') return {}
  const { value } = scoreSchedule(problem, schedule, objective)
  const bound = Math.min(value, objectiveBound(problem, objective))
  return { aim: { objective, value, bound } }
}

/** The strategy does not take problems of this shape. */
export class Refused extends Error {
  override name = 'Refused'
  readonly reason: string
  constructor(strategy: string, reason: string) {
    super(`strategy ${strategy} cannot take this problem: ${reason}`)
    this.reason = reason
  }
}

function verdict(schedule: Schedule, proof: Proof): Verdict {
  const makespan = makespanOf(schedule)
  if (proof.value > makespan * (1 + 1e-9)) {
    throw new Error(
      `a bound of ${proof.value} by ${proof.by} exceeds a valid makespan, ${makespan}`,
    )
  }
  const optimal = meets(makespan, proof.value)
  const lowerBound = Math.min(proof.value, makespan)
  const gap = optimal ? 0 : lowerBound > 0 ? makespan / lowerBound - 1 : Number.POSITIVE_INFINITY
  return { makespan, lowerBound, boundBy: proof.by, gap, optimal }
}

type Found = {
  readonly schedule: Schedule
  readonly proof?: Proof
  readonly why?: string
  readonly trouble?: string
  readonly members?: readonly Member[]
}

async function scheduleBy(
  strategy: Strategy,
  problem: Problem,
  request: PlanRequest & { readonly budget: Budget },
  known: Proof,
): Promise<Found> {
  const { seed, order, budget } = request
  let proof = known
  switch (strategy.kind) {
    case 'planner': {
      if (placesAsItGoes(problem, strategy.name, order)) {
        return { schedule: planOnline(problem, strategy.name, seed, order) }
      }
      const reached = (makespan: number) => meets(makespan, proof.value)
      let inHurry = 0
      const steps = strategy.planner.plan(problem, {
        seed,
        lowerBound: proof.value,
        proved: value => {
          proof = best(proof, { value, by: 'LP duals' })
        },
        stepsAhead: () => stepsAhead(budget),
        ...(request.spending.kind === 'time' && { hurry: () => isSpent(budget) }),
        hurried: tasks => {
          inHurry = tasks
        },
      })
      const planned = await drive(steps, budget, reached)
      if (planned === undefined) throw new Error(`${strategy.name} gave no schedule`)
      const schedule = order === undefined ? planned : inOrder(problem, planned, order)
      return { schedule, proof, ...(inHurry > 0 && { trouble: outOfTime(strategy.name, inHurry) }) }
    }
    case 'online':
      return { schedule: planOnline(problem, strategy.name, seed, order) }
    case 'solver': {
      const solved = await solveBy(strategy.name, problem, request)
      if (order === undefined) return solved
      return { ...solved, schedule: inOrder(problem, solved.schedule, order) }
    }
    case 'choice': {
      const { solver, uncertain } = request
      const options = {
        seed,
        budget,
        proof,
        solver,
        uncertain,
      }
      const objective = request.objective ?? 'makespan'
      const chosen = await planFor(objective, problem, options)
      const { schedule, members } = chosen
      const all = members.some(({ name }) => name === chosen.name) ? members : [...members, chosen]
      if (order !== undefined) {
        const isFollowed = strategy.name === 'portfolio'
        const inTurn = membersInOrder(problem, all, { objective, order, seed, isFollowed })
        const why = `in ${order} order ${reasonFor(inTurn.best, inTurn.members, objective)}`
        const { best: first } = inTurn
        return { schedule: first.schedule, proof: chosen.proof, members: inTurn.members, why }
      }
      const settled = objective === 'makespan' && meets(chosen.makespan, chosen.proof.value)
      const why = reasonFor(chosen, members, objective, { settled })
      return { schedule, proof: chosen.proof, members: all, why }
    }
    default:
      return strategy satisfies never
  }
}

const outOfTime = (name: string, tasks: number): string =>
  `time was out: ${name} placed the last ${tasks === 1 ? 'task' : plural(tasks, 'task')} by earliest completion; --time-limit gives it more`

async function solveBy(
  name: 'lp-rounding' | 'milp',
  problem: Problem,
  { solver, spending, seed, budget }: PlanRequest & { readonly budget: Budget },
): Promise<Found> {
  if (spending.kind === 'steps') {
    throw new Refused(name, 'a solver counts no steps; give it --time-limit')
  }
  if (solver === undefined) throw new Error(`${name} needs a solver`)
  const timeLimitMs = Math.max(0, budget.deadline - performance.now())
  if (name === 'lp-rounding') {
    const { schedule, lowerBound } = await planLpRounding(problem, solver, { timeLimitMs })
    return { schedule, proof: { value: lowerBound, by: 'LP duals' } }
  }
  const { schedule, lowerBound, optimal, trouble } = await planMilp(problem, solver, {
    timeLimitMs,
    seed,
  })
  const proof = { value: lowerBound, by: optimal ? 'exhaustion' : 'LP duals' }
  return { schedule, proof, trouble }
}

function requireValid(problem: Problem, schedule: Schedule, strategy: string): void {
  const violations = violationsOf(problem, schedule)
  if (violations.length === 0) return
  const shown = violations.slice(0, 3).map(({ kind, detail }) => `${kind}: ${detail}`)
  throw new Error(
    `internal error: ${strategy} made an invalid schedule of ${problem.name} ` +
      `(${violations.length} violations):\n  ${shown.join('\n  ')}`,
  )
}
