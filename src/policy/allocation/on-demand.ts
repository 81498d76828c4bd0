import type { Allocation } from './allocation.ts'
import { leastBy } from './offered.ts'

/**
 * An idle machine takes the next task, whatever its speed: of several the lowest number, of those with room for
 * more the emptiest.
 */
export const onDemand: Allocation = {
  name: 'on-demand',
  source: 'opportunistic load balancing, Braun et al. 2001; the article, 3.2.3',
  binds: 'late',
  autoTries: 'in every order',
  choose: view =>
    leastBy(view, machine =>
      view.load[machine] > 0 ? view.load[machine] / view.slots[machine] : 0,
    ),
}
