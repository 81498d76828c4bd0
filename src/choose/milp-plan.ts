import type { Problem } from '../model/problem.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'
import { type LpBound, toMakespan } from '../policy/bound/certified.ts'
import { exhaustive } from '../policy/bound/exhaustive.ts'
import { type Unrelated, unrelatedOf, whyNotUnrelated } from '../policy/bound/unrelated.ts'
import { type Assignment, makespanOfAssignment, scheduleOf } from '../policy/planning/assignment.ts'
import { coreColumns, includeUsed, withinReach } from '../policy/planning/column-generation.ts'
import { withLessWork } from '../policy/planning/less-work.ts'
import { assignmentOf, integerModel } from '../policy/planning/milp.ts'
import { fillAtPrices, fillMilliseconds } from '../policy/planning/price-fill.ts'
import { searchAssignments } from '../policy/planning/search/unrelated-search.ts'
import type { Solver } from '../port/solver.ts'
import { betterOf, climbUntil, solverEntries } from './lp-plan.ts'
import { runUntil } from './paced.ts'

/**
 * The best assignment of independent tasks that a solver finds in the time, never worse than the
 * incumbent; without one, local search has two fifths of the time to make it. Small instances are
 * settled by our own branch and bound, which is the only proof we state beside the LP bound: a
 * solver's word is no proof. The others go to the solver with the columns that cost least at the LP's
 * prices; when it has settled those and time is left, with twice as many, and so on (a core problem,
 * as for knapsacks: Balas and Zemel 1980). On the 512 x 16 matrices the core is what makes 10 s
 * enough: with all columns HiGHS ends about twice as far from the best known schedules.
 *
 * A solver that fails is reported in `trouble`; the incumbent stands.
 */
export async function planMilp(
  problem: Problem,
  solver: Solver,
  options: MilpOptions,
): Promise<MilpPlan> {
  const refusal = whyNotUnrelated(problem)
  if (refusal) throw new Error(`milp: ${refusal}`)
  const view = unrelatedOf(problem)
  const deadline = performance.now() + options.timeLimitMs
  const huge = view.classes * view.machines > solverEntries
  const bound = huge
    ? await climbUntil(view, deadline - fillMilliseconds(view), Infinity)
    : await climbUntil(view, deadline - 0.8 * options.timeLimitMs, passes)
  const known = incumbentOf(view, bound, options)
  const settled = settleSmall(view, bound, known, options.timeLimitMs)
  if (settled.proved) return provedPlan(problem, settled.assignment)
  const searchUntil = options.incumbent || huge ? 0 : deadline - 0.6 * options.timeLimitMs
  const start =
    searchUntil > performance.now()
      ? await searched(problem, settled.assignment, { ...options, searchUntil })
      : settled.assignment
  const { assignment, trouble } = await solveCores(view, huge ? undefined : solver, {
    bound,
    start,
    deadline,
    seed: options.seed ?? 0,
    offered: () => options.offered?.().machine,
    onImproved: found => options.onImproved?.(scheduleOf(problem, found)),
  })
  const makespan = makespanOfAssignment(view, assignment)
  const lean = huge ? assignment : withLessWork(view, assignment, makespan)
  const schedule = scheduleOf(problem, lean)
  const lowerBound = toMakespan(view, bound.value)
  return { schedule, lowerBound, optimal: makespanOf(schedule) <= lowerBound, trouble }
}

type MilpOptions = {
  readonly timeLimitMs: number
  readonly incumbent?: Schedule
  readonly seed?: number
  /** The best that others working beside have found so far. */
  readonly offered?: () => Schedule
  readonly onImproved?: (found: Schedule) => void
}

type MilpPlan = {
  readonly schedule: Schedule
  readonly lowerBound: number
  /** Proved by the bound or by exhaustion; never on the solver's word. */
  readonly optimal: boolean
  /** What went wrong with the solver, if anything did. */
  readonly trouble?: string
}

const passes = 600

function incumbentOf(
  view: Unrelated,
  bound: LpBound,
  options: { readonly timeLimitMs: number; readonly incumbent?: Schedule },
): Assignment {
  const given = options.incumbent?.machine
  if (given && options.timeLimitMs <= 0) return given
  return betterOf(view, given, fillAtPrices(view, bound))
}

/** A budget in nodes, about a fifth of the time, so that equal limits give equal plans. */
function settleSmall(view: Unrelated, bound: LpBound, start: Assignment, timeLimitMs: number) {
  const nodes = Math.floor(Math.min(2_000_000, (200 * timeLimitMs) / Math.sqrt(view.machines)))
  if (view.tasks > exhaustibleTasks || nodes <= 0) return { assignment: start, proved: false }
  return exhaustive(view, { nodes, lambda: bound.lambda, incumbent: start })
}

const exhaustibleTasks = 60

/** Without an incumbent given, local search makes a better one than prices alone do. */
async function searched(
  problem: Problem,
  start: Assignment,
  options: { readonly searchUntil: number; readonly seed?: number },
): Promise<Assignment> {
  let best = start
  const seed = options.seed ?? 0
  const steps = searchAssignments(problem, { seed, incumbent: scheduleOf(problem, start) })
  await runUntil(steps, options.searchUntil, schedule => {
    if (schedule) best = schedule.machine.slice()
  })
  return best
}

function provedPlan(problem: Problem, assignment: Assignment): MilpPlan {
  const schedule = scheduleOf(problem, assignment)
  return { schedule, lowerBound: makespanOf(schedule), optimal: true }
}

async function solveCores(
  view: Unrelated,
  solver: Solver | undefined,
  options: {
    readonly bound: LpBound
    readonly start: Assignment
    readonly deadline: number
    readonly seed: number
    readonly offered: () => Assignment | undefined
    readonly onImproved: (found: Assignment) => void
  },
): Promise<{ assignment: Assignment; trouble?: string }> {
  const { bound, deadline, seed } = options
  let assignment = options.start
  const everything = view.classes * (view.machines - 1)
  let extra = Math.min(Math.ceil(1.5 * view.classes), firstCoreLimit)
  for (; solver && performance.now() < deadline; extra *= 2) {
    assignment = betterOf(view, options.offered(), assignment)
    const makespan = makespanOfAssignment(view, assignment)
    if (makespan <= toMakespan(view, bound.value)) break
    const steps = coreColumns(view, bound.lambda, { longest: makespan, extra })
    const core = await runUntil(steps, deadline)
    if (core === undefined) break
    const reach = withinReach(core, bound.lambda, { bound: bound.value, makespan })
    const columns = includeUsed(view, reach, assignment)
    const integer = integerModel(view, columns, { incumbent: assignment, bound: bound.value })
    const solved = await solver.solve(integer.model.program, {
      timeLimitMs: deadline - performance.now(),
      seed,
      start: integer.start,
      relativeGap: 1e-6,
    })
    if (solved.kind === 'failed') return { assignment, trouble: solved.reason }
    const values = solved.kind === 'infeasible' ? undefined : solved.values
    const found = values && assignmentOf(view, columns, integer, values)
    if (found && makespanOfAssignment(view, found) < makespan) {
      assignment = found
      options.onImproved(found)
    }
    if (solved.kind === 'limit' || extra >= everything) break
  }
  return { assignment }
}

/** Larger programs do not get beyond the root node within usual time limits. */
const firstCoreLimit = 12_000
