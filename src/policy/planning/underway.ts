import type { Problem } from '../../model/problem.ts'
import type { Schedule } from '../../model/schedule.ts'
import { listSchedule } from './list-schedule.ts'

/**
 * The same machines in the same order, but what runs already comes first on its machine. To the
 * makespan it is all one, so planners need not know; whoever counts when each task ends must.
 */
export function underwayFirst(problem: Problem, schedule: Schedule): Schedule {
  const { underway = 0, tasks } = problem
  if (schedule.start.subarray(0, underway).every(start => start === 0)) return schedule
  const byStart = [...tasks.keys()].sort(
    (a, b) =>
      Number(b < underway) - Number(a < underway) ||
      schedule.start[a] - schedule.start[b] ||
      schedule.end[a] - schedule.end[b] ||
      a - b,
  )
  const keys = new Float64Array(tasks.length)
  byStart.forEach((task, rank) => {
    keys[task] = rank
  })
  return listSchedule(problem, { keys, machine: task => schedule.machine[task] })
}
