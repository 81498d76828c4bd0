import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'

/**
 * On demand, or opportunistic load balancing: the next task in order goes to the machine that can
 * start it first, however slow that machine is. What a pool of workers pulling from a queue does.
 */
export const onDemand = constructive({
  name: 'on-demand',
  source: 'OLB in Braun et al. 2001; list scheduling of Graham 1966 on identical machines',
  build: problem =>
    listSchedule(problem, { machine: (task, partial) => partial.soonestMachine(task) }),
})
