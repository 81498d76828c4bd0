import type { Objective } from '../model/job.ts'
import { lateFrom, type Problem } from '../model/problem.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'

/**
 * What is to be least. Every schedule has a value under each objective, and where two are equal the
 * shorter schedule wins, so that an objective that says nothing (no costs, no due dates) leaves the
 * makespan to decide.
 */
export const objectives: readonly Objective[] = [
  'makespan',
  'mean-flow-time',
  'weighted-tardiness',
  'cost',
]

export type Score = {
  readonly value: number
  readonly makespan: number
  /** Greatest end minus due date, where that is to decide between equals before the makespan does. */
  readonly lateness?: number
}

/** The value of a whole schedule; tasks that did not run count for nothing. */
export function scoreSchedule(problem: Problem, schedule: Schedule, objective: Objective): Score {
  const makespan = makespanOf(schedule)
  return { value: valueUnder(problem, schedule, objective), makespan }
}

/** Below 0 where `a` is better; sums taken in another order must not decide. */
export function compareScores(a: Score, b: Score): number {
  const near = 1e-12 * Math.max(Math.abs(a.value), Math.abs(b.value))
  if (Math.abs(a.value - b.value) > near) return a.value - b.value
  const later = (a.lateness ?? 0) - (b.lateness ?? 0)
  return later !== 0 ? later : a.makespan - b.makespan
}

/** Money is the time a machine is busy at its price; tardiness counts with the weight of its task, lateness does not. */
export function moneyAndWeights(problem: Problem, schedule: Schedule) {
  let [cost, weightedTardiness, lateness] = [0, 0, Number.NEGATIVE_INFINITY]
  problem.tasks.forEach((given, task) => {
    const machine = schedule.machine[task]
    if (machine < 0) return
    const end = schedule.end[task]
    cost += (end - schedule.start[task]) * problem.machines[machine].cost
    const due = lateFrom(given)
    if (end > due) weightedTardiness += given.weight * (end - due)
    if (end - due > lateness) lateness = end - due
  })
  return { cost, weightedTardiness, lateness }
}

/** "makespan", "mean flow time", ... */
export const objectiveInWords = (objective: Objective): string => objective.replaceAll('-', ' ')

function valueUnder(problem: Problem, schedule: Schedule, objective: Objective): number {
  switch (objective) {
    case 'makespan':
      return makespanOf(schedule)
    case 'mean-flow-time':
      return meanFlowTime(problem, schedule)
    case 'weighted-tardiness':
      return moneyAndWeights(problem, schedule).weightedTardiness
    case 'cost':
      return moneyAndWeights(problem, schedule).cost
    default:
      return objective satisfies never
  }
}

function meanFlowTime(problem: Problem, schedule: Schedule): number {
  let [total, ended] = [0, 0]
  problem.tasks.forEach(({ release }, task) => {
    if (schedule.machine[task] < 0) return
    total += schedule.end[task] - release
    ended += 1
  })
  return total / Math.max(1, ended)
}
