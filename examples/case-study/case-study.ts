import { planMilp } from '../../src/choose/milp-plan.ts'
import { lpBound } from '../../src/choose/lp-plan.ts'
import type { Problem } from '../../src/model/problem.ts'
import { makespanOf, type Schedule } from '../../src/model/schedule.ts'
import { planners } from '../../src/policy/planning/registry.ts'
import type { Solver } from '../../src/port/solver.ts'
import { articleObjective, workOf } from './article-lp.ts'
import { everyAssignment, type Placed, placed, same, sumOf } from './assignments.ts'

/** Everything said about the article's example, computed; `show` puts it in words. */
export async function caseStudy(problem: Problem, solver: Solver): Promise<CaseStudy> {
  const all = everyAssignment(problem)
  const least = Math.min(...all.map(({ makespan }) => makespan))
  const optima = all.filter(({ makespan }) => same(makespan, least))
  const leastSum = Math.min(...optima.map(({ sum }) => sum))
  const limit = { timeLimitMs: 5_000 }
  const { value, solution } = await lpBound(problem, solver, limit)
  if (solution === undefined) throw new Error('the solver found no solution of the LP in 5 s')
  const { schedule, optimal } = await planMilp(problem, solver, limit)
  return {
    total: sumOf(workOf(problem)),
    greedy: placed(problem, chosenBy('met', problem)),
    printed: placed(problem, [2, 0, 2, 1, 2]),
    output: outputs.map(machine => placed(problem, machine)),
    assignments: all.length,
    sums: all.map(({ sum }) => sum),
    optima,
    leanest: optima.filter(({ sum }) => same(sum, leastSum)),
    articleLp: {
      least: await articleObjective(problem, solver, 'least'),
      greatest: await articleObjective(problem, solver, 'greatest'),
    },
    fractional: { bound: value, shares: sharesOf(problem, solution) },
    strategies: named.map(name => ({ name, makespan: makespanBy(name, problem, all) })),
    milp: { schedule, optimal },
  }
}

export type CaseStudy = {
  /** The sum of all T_j. */
  readonly total: number
  /** Every task on the machine where its own load is least: section 4.2.2 and the program in 5.2. */
  readonly greedy: Placed
  /** The assignment section 4.3.2 prints. */
  readonly printed: Placed
  /** What section 5.4 prints as the program's output: as it runs, and as it sums up. */
  readonly output: readonly Placed[]
  readonly assignments: number
  /** The total load of each assignment. */
  readonly sums: readonly number[]
  /** The assignments of least makespan. */
  readonly optima: readonly Placed[]
  /** Of these, the ones of least sum. */
  readonly leanest: readonly Placed[]
  /** The objective of section 4.2.3, at its least and its greatest. */
  readonly articleLp: { readonly least: number; readonly greatest: number }
  /** `shares[task][machine]`: a solution of the LP that says what was meant. */
  readonly fractional: { readonly bound: number; readonly shares: readonly (readonly number[])[] }
  readonly strategies: readonly { readonly name: string; readonly makespan: number }[]
  readonly milp: { readonly schedule: Schedule; readonly optimal: boolean }
}

/** The loads that section 4.3.1 prints, as [task, machine, load], rounded as there. */
export const printedLoads = [
  [0, 0, 2.5],
  [1, 1, 2.67],
  [2, 2, 1.5],
  [3, 0, 5],
  [4, 1, 1.33],
  [4, 2, 1],
] as const

/** The terms of the total that section 4.3.3 prints, under the indices of each task on the last machine. */
export const printedTerms = [1.5, 1, 2.5, 1, 1]

/** By section 5.4, once by its lines and once by its summary. */
const outputs = [
  [2, 1, 2, 0, 2],
  [1, 0, 1, 0, 2],
]

const named = [
  'met',
  'round-robin',
  'random',
  'mct',
  'min-min',
  'on-demand',
  'sufferage',
  'lpt',
  'max-min',
]

/** Random draws each assignment as often as any other: its mean is known, no draw is needed. */
function makespanBy(name: string, problem: Problem, all: readonly Placed[]): number {
  if (name === 'random') return sumOf(all.map(({ makespan }) => makespan)) / all.length
  return makespanOf(scheduleBy(name, problem))
}

const chosenBy = (name: string, problem: Problem): readonly number[] => [
  ...scheduleBy(name, problem).machine,
]

function scheduleBy(name: string, problem: Problem): Schedule {
  const planner = planners.find(candidate => candidate.name === name)
  for (const schedule of planner?.plan(problem, { seed: 1 }) ?? []) {
    if (schedule !== undefined) return schedule
  }
  throw new Error(`${name} gave no schedule`)
}

/** What part of each task each machine takes. The five tasks differ, so a class is a task. */
function sharesOf(
  problem: Problem,
  { columns, amounts }: NonNullable<Awaited<ReturnType<typeof lpBound>>['solution']>,
): number[][] {
  return problem.tasks.map((_, task) => {
    const row = problem.machines.map(() => 0)
    for (let at = columns.first[task]; at < columns.first[task + 1]; at += 1) {
      row[columns.machine[at]] = amounts[at]
    }
    return row
  })
}
