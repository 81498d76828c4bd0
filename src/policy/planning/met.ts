import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'
import { leastBy } from './partial-schedule.ts'

/**
 * Minimum execution time: each task to the machine that runs it fastest, however long the queue
 * there. The article's own program; on machines ordered by speed all tasks end on one.
 */
export const met = constructive({
  name: 'met',
  source: 'Braun et al. 2001',
  build: problem => {
    const machines = problem.machines.length
    return listSchedule(problem, {
      machine: task => leastBy(machines, machine => problem.times[task * machines + machine]),
    })
  },
})
