import type { Allocation, MachinesView } from './allocation.ts'

/**
 * Best fit for vectors: the machine that is left with the least room, so that what needs much still
 * finds a machine with much. Room left is the sum over all resources r of ((free_r - need_r) / C_r)^2,
 * where C_r is the most that any offered machine has of r in all: the norm-based greedy. Resources
 * the task does not need count too, which keeps it off a machine with a free GPU. Ties go to the
 * machine that is fastest for the task, then to the lowest number.
 */
export const bestFit: Allocation = {
  name: 'best-fit',
  source: 'Panigrahy, Talwar, Uyeda and Wieder 2011, heuristics for vector bin packing',
  binds: 'late',
  looksAt: ['room'],
  choose: view => {
    const scale = scaleOf(view)
    let best = -1
    let least = Number.POSITIVE_INFINITY
    for (let machine = 0; machine < view.count; machine += 1) {
      if (view.offered[machine] === 0) continue
      const left = roomLeft(view, machine, scale)
      // 4/9 + 1/4 and 25/36 are one.
      const isSame = Math.abs(left - least) <= 1e-12 * least
      const isBetter = isSame ? view.processing[machine] < view.processing[best] : left < least
      if (best >= 0 && !isBetter) continue
      best = machine
      least = left
    }
    return best
  },
}

/** 1 / C_r; 0 for what nobody has, and for what somebody has without end. */
function scaleOf({ count, offered, capacity }: MachinesView): readonly number[] {
  const most: number[] = []
  for (let machine = 0; machine < count; machine += 1) {
    if (offered[machine] === 0) continue
    const has = capacity[machine]
    while (most.length < has.length) most.push(0)
    for (let r = 0; r < has.length; r += 1) if (has[r] > most[r]) most[r] = has[r]
  }
  return most.map(amount => (amount > 0 ? 1 / amount : 0))
}

function roomLeft(
  { free, needs }: MachinesView,
  machine: number,
  scale: readonly number[],
): number {
  const has = free[machine]
  let sum = 0
  for (let r = 0; r < has.length; r += 1) {
    if (!(scale[r] > 0)) continue
    const left = (has[r] - (needs[r] ?? 0)) * scale[r]
    sum += left * left
  }
  return sum
}
