import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { whyNotUnrelated } from '../policy/bound/unrelated.ts'
import { listSchedule } from '../policy/planning/list-schedule.ts'

/**
 * The same machines, each with its longest tasks first but for what runs already: no other makespan on
 * paper, but in a run the short ones are left to make up for what the long ones took (Graham 1969).
 * As it is where tasks wait for each other or for a release, or share a machine.
 */
export function longestFirst(problem: Problem, schedule: Schedule): Schedule {
  if (whyNotUnrelated(problem) !== undefined) return schedule
  const { underway = 0, machines } = problem
  const keys = Float64Array.from(schedule.machine, (machine, task) =>
    task < underway ? -Number.MAX_VALUE : -problem.times[task * machines.length + machine],
  )
  return listSchedule(problem, { keys, machine: task => schedule.machine[task] })
}
