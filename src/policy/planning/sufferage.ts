import { batchSchedule } from './batch-mode.ts'
import { constructive } from './constructive.ts'

/**
 * Sufferage: the task that would lose most by getting its second best machine instead of its best
 * goes next. A task that only one machine can run loses everything.
 */
export const sufferage = constructive({
  name: 'sufferage',
  source: 'Maheswaran et al. 1999, one task per round',
  build: (problem, options) =>
    batchSchedule(
      problem,
      (best, second) => {
        const loss = second - best
        return loss === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : loss
      },
      options,
    ),
})
