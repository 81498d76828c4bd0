import type { Allocation } from './allocation.ts'
import { leastBy } from './offered.ts'

/**
 * Minimum execution time: the machine that runs this task fastest, however long its queue. It is what
 * the article's program does, and puts everything on the fastest machine when one is fastest for all.
 */
export const met: Allocation = {
  name: 'met',
  source: 'Braun et al. 2001; the article, 4.2.2 and 5.2',
  binds: 'early',
  choose: view => leastBy(view, machine => view.processing[machine]),
}
