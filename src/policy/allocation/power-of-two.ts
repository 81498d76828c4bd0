import type { Allocation, MachinesView } from './allocation.ts'
import { countOffered, nthOffered } from './offered.ts'

/**
 * The power of two choices: two machines by lot, and of them the one with fewer attempts per slot. n
 * tasks on n machines then pile up to log log n / log 2 instead of random's log n / log log n, for the
 * price of one more look. Blind to how long each takes.
 */
export const powerOfTwo: Allocation = {
  name: 'power-of-two',
  source: 'Mitzenmacher 2001, the power of two choices in randomized load balancing',
  binds: 'early',
  autoTries: 'never',
  choose: view => {
    const offered = countOffered(view)
    if (offered < 2) return nthOffered(view, 0)
    const [first, second] = twoOf(view, offered)
    return loadOf(view, second) < loadOf(view, first) ? second : first
  },
}

/** One chance draws both: its whole part of `offered` the first, what is left of it one of the others. */
function twoOf(view: MachinesView, offered: number): [number, number] {
  const drawn = view.chance * offered
  const first = Math.floor(drawn)
  const other = Math.floor((drawn - first) * (offered - 1))
  return [nthOffered(view, first), nthOffered(view, other < first ? other : other + 1)]
}

function loadOf({ load, slots }: MachinesView, machine: number): number {
  return load[machine] / slots[machine]
}
