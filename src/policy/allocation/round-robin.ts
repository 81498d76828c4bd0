import type { Allocation } from './allocation.ts'

/** Each machine in turn: equal counts, blind to speed and size. */
export const roundRobin: Allocation = {
  name: 'round-robin',
  source: 'Kleinrock 1964, used here to place tasks rather than to share time',
  binds: 'early',
  autoTries: 'never',
  choose: view => {
    for (let step = 0; step < view.count; step += 1) {
      const machine = (view.turn + step) % view.count
      if (view.offered[machine] === 1) return machine
    }
    return -1
  },
}
