import type { Allocation } from './allocation.ts'

/**
 * Goes where the model is loaded, and waits for such a slot while that pays. An idle slot without the
 * model is asked to load it only if this task would then end before the slots that hold it are through
 * with all that waits for it, and not while that slot's own models have tasks waiting. Where models
 * compete for slots, the first load of each is waited for: how long it takes is worth knowing before
 * it is paid everywhere. mct counts loading too, but gives every task a machine at once, so every
 * model is loaded on every machine.
 */
export const setupAware: Allocation = {
  name: 'setup-aware',
  source:
    'delay scheduling, Zaharia et al. 2010; loads by unserved demand, Gujarati et al. 2020 (Clockwork)',
  binds: 'late',
  mayWait: true,
  looksAt: ['setup'],
  choose: view => {
    const { count, offered, freeAt, processing, setup, wanted, residentAt } = view
    const held = residentAt < Number.POSITIVE_INFINITY
    let best = -1
    let least = Number.POSITIVE_INFINITY
    for (let machine = 0; machine < count; machine += 1) {
      if (offered[machine] === 0) continue
      if (held && setup[machine] > 0 && wanted[machine] === 1) continue
      const finish = freeAt[machine] + processing[machine]
      const isResident = finish === least && setup[machine] === 0 && setup[best] > 0
      if (best >= 0 && finish >= least && !isResident) continue
      best = machine
      least = finish
    }
    return best >= 0 && setup[best] > 0 && residentAt <= least ? -1 : best
  },
}
