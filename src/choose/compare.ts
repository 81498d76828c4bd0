import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import type { Solver } from '../port/solver.ts'
import type { Spending } from './drive.ts'
import { type Interval, intervalOf, meanOf } from './interval.ts'
import { planProblem, Refused } from './plan-problem.ts'
import { type Proof, proveBound } from './prove.ts'
import { measureSchedule } from '../sim/measures.ts'
import { moneyAndWeights } from './objective.ts'
import type { Conditions } from './realise.ts'
import { prepare, runPrepared } from './run-strategy.ts'
import type { Strategy } from './strategies.ts'

/**
 * Strategies side by side on one problem. Without noise or faults each is planned once and its plan
 * measured; with them each meets the same seeds, so that what differs is the strategy and not its
 * luck, and the measures are means with 95 % intervals.
 */
export async function compareStrategies(
  problem: Problem,
  options: CompareOptions,
): Promise<Comparison> {
  const rows: ComparedRow[] = []
  const skipped: Skipped[] = []
  const proof = isPlanned(options) ? proveBound(problem) : undefined
  for (const strategy of options.strategies) {
    if (rows.length > 0 && isAskedToStop(options.spending)) {
      skipped.push({ strategy: strategy.name, reason: 'interrupted before it was its turn' })
      continue
    }
    options.onStrategy?.(strategy.name)
    try {
      rows.push(await compareOne(problem, strategy, { ...options, proof }))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      skipped.push({ strategy: strategy.name, reason: error.reason })
    }
  }
  return { rows: underOneBound(rows), skipped }
}

const isAskedToStop = (spending: Spending): boolean =>
  spending.kind === 'time' && spending.stop?.isAsked() === true

export type CompareOptions = {
  readonly strategies: readonly Strategy[]
  readonly objective: Objective
  readonly seed: number
  /** How many seeds from `seed` on. */
  readonly seeds: number
  readonly noise: number
  readonly faults?: Conditions['faults']
  readonly order?: string
  readonly spending: Spending
  readonly solver?: Solver
  readonly onStrategy?: (name: string) => void
}

export type Comparison = {
  readonly rows: readonly ComparedRow[]
  readonly skipped: readonly Skipped[]
}
type Skipped = { readonly strategy: string; readonly reason: string }

const measureNames = [
  'makespan',
  'meanFlowTime',
  'p95FlowTime',
  'utilisation',
  'errorRate',
  'meanTardiness',
  'weightedTardiness',
  'cost',
] as const
export type MeasureName = (typeof measureNames)[number]

/** Measures of tasks that ended: they say nothing of a run in which none did. */
export const ofEnded: ReadonlySet<MeasureName> = new Set([
  'makespan',
  'meanFlowTime',
  'p95FlowTime',
  'meanTardiness',
  'weightedTardiness',
])

/** No task ended under any seed: the measures `ofEnded` are 0 and say nothing. */
export const endedNothing = ({ undone }: Pick<ComparedRow, 'undone'>): boolean => undone === 1

/**
 * Means over the seeds, of `ofEnded` over those in which a task ended; `schedule` is that of the first.
 */
export type ComparedRow = Readonly<Record<MeasureName, number>> & {
  readonly strategy: string
  readonly seed: number
  readonly seeds: number
  readonly lowerBound: number
  readonly gap: number
  readonly optimal: boolean
  readonly seconds: number
  readonly intervals?: Readonly<Record<MeasureName, Interval>>
  /** Share of tasks that failed for good or waited for one that did, where there are any. */
  readonly undone?: number
  readonly why?: string
  /** What went wrong on the way, if a worse answer was found all the same. */
  readonly trouble?: string
  /** Of a replay: tasks in `schedule` placed where their time was not measured. */
  readonly estimatedTimes?: number
  readonly schedule: Schedule
}

type Measured = Readonly<Record<MeasureName, number>>

async function compareOne(
  problem: Problem,
  strategy: Strategy,
  options: CompareOptions & { readonly proof?: Proof },
): Promise<ComparedRow> {
  const { noise, faults, seed, seeds } = options
  if (isPlanned(options)) return comparePlan(problem, strategy, options)
  const prepared = await prepare(problem, { ...options, strategy })
  const runs = Array.from({ length: seeds }, (_, nth) =>
    runPrepared(problem, prepared, { noise, seed: seed + nth, faults }),
  )
  const undone = meanOf(runs.map(run => 1 - run.completions / problem.tasks.length))
  // Nothing bounds a run that left tasks undone; a mean over others too would say nothing.
  const lowerBound = undone > 0 ? 0 : meanOf(runs.map(run => run.lowerBound))
  const measured = means(runs)
  return {
    strategy: strategy.name,
    seed,
    seeds,
    ...measured,
    lowerBound,
    gap: lowerBound > 0 ? measured.makespan / lowerBound - 1 : Number.POSITIVE_INFINITY,
    optimal: runs.every(run => run.optimal),
    seconds: prepared.seconds,
    ...(seeds > 1 && { intervals: intervals(runs) }),
    ...(undone > 0 && { undone }),
    ...(prepared.why && { why: prepared.why }),
    ...(prepared.plan?.trouble && { trouble: prepared.plan.trouble }),
    schedule: runs[0].schedule,
  }
}

/** Without randomness one plan says it all. */
const isPlanned = ({ noise, faults, seeds }: CompareOptions): boolean =>
  noise === 0 && faults === undefined && seeds === 1

/** Without noise a plan is what happens: it is measured itself. */
async function comparePlan(
  problem: Problem,
  strategy: Strategy,
  options: CompareOptions & { readonly proof?: Proof },
): Promise<ComparedRow> {
  const { seed, spending, solver, objective, order, proof } = options
  const plan = await planProblem(problem, {
    strategy,
    seed,
    spending,
    objective,
    order,
    proof,
    solver,
  })
  const { makespan, lowerBound, gap, optimal, seconds, why, trouble, schedule } = plan
  const measured = { ...measureSchedule(problem, schedule), ...moneyAndWeights(problem, schedule) }
  return {
    strategy: strategy.name,
    seed,
    seeds: 1,
    ...means([measured]),
    makespan,
    lowerBound,
    gap,
    optimal,
    seconds,
    why,
    ...(trouble && { trouble }),
    schedule,
  }
}

type Run = Measured & { readonly completions?: number }

function means(runs: readonly Run[]): Measured {
  return perMeasure(name => meanOf(valuesOf(runs, name)))
}

function intervals(runs: readonly Run[]): Readonly<Record<MeasureName, Interval>> {
  return perMeasure(name => intervalOf(valuesOf(runs, name)))
}

function valuesOf(runs: readonly Run[], name: MeasureName): number[] {
  const told = ofEnded.has(name) ? runs.filter(({ completions }) => completions !== 0) : runs
  return told.map(run => run[name])
}

function perMeasure<Value>(of: (name: MeasureName) => Value): Record<MeasureName, Value> {
  return Object.fromEntries(measureNames.map(name => [name, of(name)])) as Record<
    MeasureName,
    Value
  >
}

/** A bound that one strategy proved holds for all, since they face the same problem under the same seeds. */
function underOneBound(rows: readonly ComparedRow[]): ComparedRow[] {
  const complete = rows.filter(row => row.lowerBound > 0)
  const bound = complete.reduce((most, row) => Math.max(most, row.lowerBound), 0)
  return rows.map(row => {
    if (row.lowerBound === 0 || row.lowerBound === bound) return row
    const lowerBound = Math.min(bound, row.makespan)
    const optimal = row.makespan <= bound * (1 + 1e-12)
    return { ...row, lowerBound, gap: optimal ? 0 : row.makespan / lowerBound - 1, optimal }
  })
}
