import type { Allocation } from './allocation.ts'

/**
 * The cheapest machine that still meets the due date: of those where the task would end in time, the
 * least money per second times processing time, and at equal cost the one that ends it first. Where
 * none is in time, the one that ends it first: late is not made later to save. Without a due date
 * everything goes where it costs least.
 */
export const cheapest: Allocation = {
  name: 'cheapest',
  source: 'Buyya and Murshed 2002, deadline and budget constrained cost-time optimisation',
  binds: 'early',
  madeFor: 'cost',
  looksAt: ['cost', 'due'],
  choose: view => {
    const { count, offered, freeAt, processing, cost, dueAt } = view
    let best = -1
    let inTime = false
    let price = Number.POSITIVE_INFINITY
    let end = Number.POSITIVE_INFINITY
    for (let machine = 0; machine < count; machine += 1) {
      if (offered[machine] === 0) continue
      const finish = freeAt[machine] + processing[machine]
      const meets = finish <= dueAt
      const pays = meets ? cost[machine] * processing[machine] : 0
      if (best >= 0 && meets !== inTime && inTime) continue
      const isBetter = meets !== inTime || pays < price || (pays === price && finish < end)
      if (best >= 0 && !isBetter) continue
      best = machine
      inTime = meets
      price = pays
      end = finish
    }
    return best
  },
}
