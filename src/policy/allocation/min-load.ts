import type { Allocation } from './allocation.ts'
import { leastBy } from './offered.ts'

/** Least assigned time before adding the task: balances what machines were given, blind to this task's time there. */
export const minLoad: Allocation = {
  name: 'min-load',
  source: 'Graham 1966, list scheduling by load; the article’s load balancing, 3.2.3',
  binds: 'early',
  choose: view => leastBy(view, machine => view.assignedWork[machine] / view.slots[machine]),
}
