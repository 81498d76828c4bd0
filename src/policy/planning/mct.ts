import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'

/**
 * Minimum completion time: tasks in order, each to the machine where it finishes first. Balances
 * load and affinity one task at a time; a long task that comes late spoils the end.
 */
export const mct = constructive({
  name: 'mct',
  source: 'Braun et al. 2001; for precedence and transfers, earliest finish in input order',
  build: problem =>
    listSchedule(problem, { machine: (task, partial) => partial.fastestMachine(task) }),
})
