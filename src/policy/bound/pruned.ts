import type { LpBound } from './certified.ts'
import { climbFor } from './climb.ts'
import type { Unrelated } from './unrelated.ts'

/**
 * The LP may split a task over machines that are all too slow for it. A schedule of makespan T uses
 * no time above T, so the least T that the LP over times up to T can reach is a better bound, the
 * one behind the factor 2 of Lenstra, Shmoys and Tardos (1990). If the LP over times up to T
 * exceeds T, then every schedule exceeds T, and is at least that LP's bound or the next time above
 * T.
 *
 * Found by bisection over the times above the LP bound; `longest` is the longest time that a
 * schedule of the least T may use.
 */
export function prunedBound(view: Unrelated, base: LpBound, passes: number): PrunedBound {
  const times = timesAbove(view, base.value)
  const reach = (time: number) => climbFor(view, passes, time).value
  const unpruned = reach(base.value)
  if (unpruned <= base.value * (1 + 1e-6) || times.length === 0) {
    return { value: base.value, longest: base.value }
  }
  let [low, high] = [0, times.length - 1]
  let below = { longest: base.value, reach: unpruned }
  while (low < high) {
    const middle = (low + high) >> 1
    const found = reach(times[middle])
    if (found <= times[middle] * (1 + 1e-6)) {
      high = middle
    } else {
      below = { longest: times[middle], reach: found }
      low = middle + 1
    }
  }
  return below.reach < times[low]
    ? { value: below.reach, longest: below.longest }
    : { value: times[low], longest: times[low] }
}

type PrunedBound = { readonly value: number; readonly longest: number }

function timesAbove(view: Unrelated, bound: number): Float64Array {
  const above = view.times.filter(time => time > bound && time < Infinity).sort()
  return above.filter((time, index) => index === 0 || time !== above[index - 1])
}
