import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'
import { ranksOf } from './rank.ts'

/**
 * Heterogeneous earliest finish time: tasks by decreasing upward rank (the mean critical path below
 * them), each inserted into the gap where it finishes first. Fast and hard to beat; looks no
 * further than the task at hand.
 */
export const heft = constructive({
  name: 'heft',
  source: 'Topcuoglu, Hariri and Wu 2002, with insertion',
  build: problem =>
    listSchedule(problem, {
      keys: ranksOf(problem).upward.map(rank => -rank),
      insertion: true,
      machine: (task, partial) => partial.fastestMachine(task),
    }),
})
