import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { ascend, wholeLimit } from '../policy/bound/ascent.ts'
import { dualBound, type LpBound, toMakespan } from '../policy/bound/certified.ts'
import type { Columns } from '../policy/bound/columns.ts'
import { prunedBound } from '../policy/bound/pruned.ts'
import { type Unrelated, unrelatedOf, whyNotUnrelated } from '../policy/bound/unrelated.ts'
import { type Assignment, makespanOfAssignment, scheduleOf } from '../policy/planning/assignment.ts'
import { amountsOf, assignmentModel, pricesOf } from '../policy/planning/assignment-program.ts'
import { coreColumns, priceColumns } from '../policy/planning/column-generation.ts'
import { roundVertex } from '../policy/planning/lp-rounding.ts'
import { fillAtPrices, fillMilliseconds } from '../policy/planning/price-fill.ts'
import type { Solver } from '../port/solver.ts'
import { runUntil } from './paced.ts'

/**
 * The LP of independent tasks on unrelated machines, solved as far as the time limit allows: prices by
 * ascent first, which prove a bound within some milliseconds, then the restricted LP by the solver
 * with columns generated until none improves. What comes back is proven whatever the solver did.
 * Also bounds problems with precedence, as their relaxation.
 */
export async function lpBound(
  problem: Problem,
  solver: Solver,
  options: { readonly timeLimitMs: number },
): Promise<LpBound & { readonly solution: LpSolution | undefined }> {
  const view = unrelatedOf(problem)
  const outcome = await solveLp(view, solver, performance.now() + options.timeLimitMs)
  return {
    value: toMakespan(view, Math.max(outcome.bound.value, outcome.pruned)),
    lambda: outcome.bound.lambda,
    solution: outcome.solution,
  }
}

/** A vertex of the LP: how many tasks of each class each of its columns takes. */
type LpSolution = {
  readonly columns: Columns
  readonly amounts: Float64Array
  /** No column outside would improve it. */
  readonly complete: boolean
}

/**
 * Lenstra, Shmoys and Tardos, and a fill at the prices that the bound leaves (by those alone when the solver has no
 * answer in time); the better of both. What is rounded comes within its guarantee, often above the fill, so a limit in
 * which the linear program ends must not lose what a shorter one gives.
 */
export async function planLpRounding(
  problem: Problem,
  solver: Solver,
  options: { readonly timeLimitMs: number },
): Promise<{ readonly schedule: Schedule; readonly lowerBound: number }> {
  const refusal = whyNotUnrelated(problem)
  if (refusal) throw new Error(`lp-rounding: ${refusal}`)
  const view = unrelatedOf(problem)
  const deadline = performance.now() + options.timeLimitMs
  const reserved = Math.min(fillMilliseconds(view), options.timeLimitMs / 2)
  const outcome = await solveLp(view, solver, deadline - reserved)
  const { bound, pruned, solution } = outcome
  const rounded = solution && roundVertex(view, solution.columns, solution.amounts)
  const assignment = betterOf(view, rounded, fillAtPrices(view, bound))
  const lowerBound = toMakespan(view, Math.max(bound.value, pruned))
  return { schedule: scheduleOf(problem, assignment), lowerBound }
}

export function betterOf(
  view: Unrelated,
  given: Assignment | undefined,
  made: Assignment,
): Assignment {
  if (given === undefined) return made
  return makespanOfAssignment(view, given) <= makespanOfAssignment(view, made) ? given : made
}

/** Above this many pairs of class and machine no linear program ends within usual time limits. */
export const solverEntries = 20_000_000

type LpOutcome = {
  readonly bound: LpBound
  /** The bound that also forbids times above itself; 0 if it was not sought. */
  readonly pruned: number
  readonly solution: LpSolution | undefined
}

async function solveLp(view: Unrelated, solver: Solver, deadline: number): Promise<LpOutcome> {
  const left = deadline - performance.now()
  const entries = view.classes * view.machines
  if (entries > solverEntries) {
    return { bound: await climbUntil(view, deadline, Infinity), pruned: 0, solution: undefined }
  }
  const passes = entries <= wholeLimit ? passesBeforeLp : roundsBeforeLp
  const climbed = await climbUntil(view, deadline - 0.7 * left, passes)
  const small = entries <= prunedEntries && left > 0 && climbed.value > 0
  const { value: pruned, longest } = small
    ? prunedBound(view, climbed, passesBeforeLp)
    : { value: 0, longest: Infinity }
  const found = await generateColumns(view, solver, { climbed, longest, deadline })
  if (found.solution) return { bound: found.bound, pruned, solution: found.solution }
  const bound = await climbUntil(view, deadline, Infinity, found.bound)
  return { bound, pruned, solution: undefined }
}

/** Enough to be within 0.1 % on the matrices, after which the LP is faster than further passes. */
const passesBeforeLp = 300
/** The sample and two rounds of a large problem. */
const roundsBeforeLp = 660
const prunedEntries = 20_000

export async function climbUntil(
  view: Unrelated,
  deadline: number,
  passes: number,
  from?: LpBound,
): Promise<LpBound> {
  let best = from ?? { value: 0, lambda: new Float64Array(view.machines).fill(1 / view.machines) }
  let left = passes
  const steps = ascend(view, from ? { from: from.lambda } : {})
  await runUntil(steps, deadline, found => {
    if (found && found.value > best.value) best = found
    left -= 1
    if (left <= 0) steps.return()
  })
  return best
}

type Start = { readonly climbed: LpBound; readonly longest: number; readonly deadline: number }

async function generateColumns(
  view: Unrelated,
  solver: Solver,
  { climbed, longest, deadline }: Start,
): Promise<{ bound: LpBound; solution: LpSolution | undefined }> {
  let bound = climbed
  let solution: LpSolution | undefined
  const extra = Math.ceil(view.classes / 4) + 8 * view.machines
  let columns = await runUntil(coreColumns(view, bound.lambda, { longest, extra }), deadline)
  while (columns) {
    const model = assignmentModel(view, columns, { unit: bound.value || 1, whole: false })
    const timeLimitMs = deadline - performance.now()
    const solved = await solver.solve(model.program, { timeLimitMs })
    if (solved.kind !== 'optimal') break
    const amounts = amountsOf(view, columns, model, solved.values)
    solution = { columns, amounts, complete: false }
    const duals = pricesOf(view, model, solved.rowDuals)
    let next = columns
    for (const lambda of [halfway(bound.lambda, duals), duals]) {
      const priced = await runUntil(priceColumns(view, columns, lambda, { longest }), deadline)
      if (priced === undefined) return { bound, solution }
      const value = longest === Infinity ? priced.bound.value : dualBound(view, lambda)
      if (value > bound.value) bound = { lambda, value }
      next = priced.columns
      if (next !== columns) break
    }
    solution = { columns, amounts, complete: next === columns }
    if (solution.complete) break
    columns = next
  }
  return { bound, solution }
}

/**
 * A restricted LP says nothing true of machines it has few columns for, often a price of 0, at which
 * every task would want them. So we look for columns halfway to the best prices known first, and
 * at the LP's own only when that finds none (smoothing: Wentges 1997).
 */
function halfway(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((price, machine) => (price + b[machine]) / 2)
}
