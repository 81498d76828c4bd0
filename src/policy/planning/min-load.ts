import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'
import { leastBy } from './partial-schedule.ts'
import { tickLoads } from './tick-loads.ts'

/**
 * Least assigned time: each task to the machine with the least processing time given to it so far,
 * before adding the task, in whole ticks as a run counts. Without releases, precedence and capacity it equals on-demand.
 */
export const minLoad = constructive({
  name: 'min-load',
  source: 'least load first, as in dispatching to the shortest queue by work',
  build: problem => {
    const machines = problem.machines.length
    const loads = tickLoads(problem)
    return listSchedule(problem, {
      machine: task => {
        const row = task * machines
        const chosen = leastBy(machines, machine =>
          problem.times[row + machine] === Number.POSITIVE_INFINITY
            ? Number.POSITIVE_INFINITY
            : loads.given[machine],
        )
        loads.give(task, chosen)
        return chosen
      },
    })
  },
})
