import type { Allocation } from './allocation.ts'

/** Minimum completion time: the machine that would finish this task first, its queue and loading included. */
export const mct: Allocation = {
  name: 'mct',
  source: 'Ibarra and Kim 1977; Braun et al. 2001',
  binds: 'early',
  placesAnew: true,
  autoTries: 'in every order',
  choose: view => {
    let best = -1
    let least = Number.POSITIVE_INFINITY
    const { first, end, offered, freeAt, processing } = view
    for (let machine = first; machine < end; machine += 1) {
      if (offered[machine] === 0) continue
      const finish = freeAt[machine] + processing[machine]
      if (best < 0 || finish < least) {
        best = machine
        least = finish
      }
    }
    return best
  },
}
