import { batchSchedule } from './batch-mode.ts'
import { constructive } from './constructive.ts'
import { leastFirst } from './least-first.ts'
import { isPlain } from './partial-schedule.ts'

/**
 * Min-min: the task that can finish first of all goes next. Good on unrelated machines, where it
 * finds the many good matches; the long tasks it leaves for last unbalance the end.
 */
export const minMin = constructive({
  name: 'min-min',
  source: 'Ibarra and Kim 1977, algorithm D; named so by Freund et al. 1998; Braun et al. 2001',
  build: (problem, options) =>
    isPlain(problem) && problem.times.length <= SORTABLE
      ? leastFirst(problem)
      : batchSchedule(problem, best => -best, options),
})

/** Entries that are sorted in a second or two. */
const SORTABLE = 4_000_000
