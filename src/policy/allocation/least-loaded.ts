import type { Allocation } from './allocation.ts'
import { leastBy } from './offered.ts'

/** Fewest attempts queued and running per slot: join the shortest queue. Blind to how long each takes. */
export const leastLoaded: Allocation = {
  name: 'least-loaded',
  source: 'Winston 1977, join the shortest queue',
  binds: 'early',
  autoTries: 'never',
  choose: view => leastBy(view, machine => view.load[machine] / view.slots[machine]),
}
