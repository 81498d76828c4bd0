import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'

/** Machines in turn, passing over those that cannot run the task. Blind to times and speeds. */
export const roundRobin = constructive({
  name: 'round-robin',
  source: 'Kleinrock 1964, the rotation only',
  build: problem => {
    const machines = problem.machines.length
    let turn = -1
    return listSchedule(problem, {
      machine: task => {
        do turn = (turn + 1) % machines
        while (problem.times[task * machines + turn] === Number.POSITIVE_INFINITY)
        return turn
      },
    })
  },
})
