import { prng } from '../../std/prng.ts'
import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'

/** Each task to any machine that can run it, all equally likely: what a strategy has to beat. */
export const random = constructive({
  name: 'random',
  source: 'the usual null model; see Mitzenmacher 2001 for its imbalance',
  build: (problem, { seed }) => {
    const machines = problem.machines.length
    const generator = prng(seed)
    return listSchedule(problem, {
      machine: task => {
        let drawn = generator.int(machines)
        while (problem.times[task * machines + drawn] === Number.POSITIVE_INFINITY) {
          drawn = generator.int(machines)
        }
        return drawn
      },
    })
  },
})
