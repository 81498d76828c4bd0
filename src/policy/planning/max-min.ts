import { batchSchedule } from './batch-mode.ts'
import { constructive } from './constructive.ts'

/**
 * Max-min: of the tasks' earliest finishes the latest goes next, so long tasks start early and the
 * short ones fill up. Good with few long tasks, poor on unrelated machines.
 */
export const maxMin = constructive({
  name: 'max-min',
  source: 'Ibarra and Kim 1977, algorithm E; named so by Freund et al. 1998; Braun et al. 2001',
  build: (problem, options) => batchSchedule(problem, best => best, options),
})
