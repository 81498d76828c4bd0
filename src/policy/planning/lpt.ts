import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'

/**
 * Longest processing time first, each to the machine where it finishes first. On identical machines
 * at most 4/3 - 1/(3m) of the optimum (Graham 1969). On unrelated machines a task's length is its
 * least processing time.
 */
export const lpt = constructive({
  name: 'lpt',
  source: 'Graham 1969; on unrelated machines by least time, then minimum completion time',
  build: problem => {
    const machines = problem.machines.length
    const keys = new Float64Array(problem.tasks.length)
    for (let task = 0; task < keys.length; task += 1) {
      const row = problem.times.subarray(task * machines, (task + 1) * machines)
      keys[task] = -row.reduce((least, time) => Math.min(least, time))
    }
    return listSchedule(problem, {
      keys,
      machine: (task, partial) => partial.fastestMachine(task),
    })
  },
})
