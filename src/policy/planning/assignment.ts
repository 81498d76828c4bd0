import type { Problem } from '../../model/problem.ts'
import type { Schedule } from '../../model/schedule.ts'
import { rankedBy } from '../../std/rank.ts'
import type { Unrelated } from '../bound/unrelated.ts'

/** A schedule of independent tasks, before its order: the machine of each task. */
export type Assignment = Int32Array

/**
 * Each machine runs its tasks shortest first, which costs no makespan and least waiting (Smith
 * 1956).
 */
export function scheduleOf(problem: Problem, assignment: Assignment): Schedule {
  const machines = problem.machines.length
  const time = new Float64Array(assignment.length)
  for (let task = 0; task < time.length; task += 1) {
    time[task] = problem.times[task * machines + assignment[task]]
  }
  const start = new Float64Array(assignment.length)
  const end = new Float64Array(assignment.length)
  const free = new Float64Array(machines)
  for (const task of rankedBy(time)) {
    start[task] = free[assignment[task]]
    end[task] = free[assignment[task]] = start[task] + time[task]
  }
  return { machine: assignment.slice(), start, end }
}

export function loadsOf(view: Unrelated, assignment: Assignment): Float64Array {
  const loads = new Float64Array(view.machines)
  for (let task = 0; task < view.tasks; task += 1) {
    loads[assignment[task]] += view.times[view.classOf[task] * view.machines + assignment[task]]
  }
  return loads
}

export function makespanOfAssignment(view: Unrelated, assignment: Assignment): number {
  let makespan = 0
  for (const load of loadsOf(view, assignment)) if (load > makespan) makespan = load
  return makespan
}

/**
 * Hands out whole amounts: class by class, the tasks in order of index to the machines in order of
 * the columns. `amounts` must be whole and add up to each class's count.
 */
export function handOut(
  view: Unrelated,
  columns: { readonly first: Int32Array; readonly machine: Int32Array },
  amounts: Int32Array,
): Assignment {
  const at = columns.first.slice(0, view.classes)
  const left = amounts.slice()
  const assignment = new Int32Array(view.tasks)
  for (let task = 0; task < view.tasks; task += 1) {
    const c = view.classOf[task]
    while (left[at[c]] === 0) at[c] += 1
    left[at[c]] -= 1
    assignment[task] = columns.machine[at[c]]
  }
  return assignment
}
