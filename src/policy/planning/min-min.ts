import { batchSchedule } from './batch-mode.ts'
import { constructive } from './constructive.ts'

/**
 * Min-min: the task that can finish first of all goes next. Good on unrelated machines, where it
 * finds the many good matches; the long tasks it leaves for last unbalance the end.
 */
export const minMin = constructive({
  name: 'min-min',
  source: 'Ibarra and Kim 1977, algorithm D; named so by Freund et al. 1998; Braun et al. 2001',
  build: problem => batchSchedule(problem, best => -best),
})
