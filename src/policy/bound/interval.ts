import { rankedBy } from '../../std/rank.ts'
import type { HeadsTails } from './heads-tails.ts'
import { climbFor } from './climb.ts'
import { pricedTimes, relativeSpeeds } from './prices.ts'
import type { Unrelated } from './unrelated.ts'

/**
 * Load between a head and a tail. Take the tasks that start no earlier than `a` and are followed by
 * at least `b`: in a schedule of makespan C all of them run within [a, C - b]. With machine prices
 * that sum to 1, their cheapest priced times sum to at most the priced loads of the machines within
 * that window, hence to at most C - a - b. So C >= a + b + sum of cheapest priced times: the load
 * bound of Fernandez and Bussell (1973), with prices in place of equal processors.
 *
 * All pairs (a, b) are scanned for given prices; prices are then fitted to the best set found, and
 * the scan repeats. Any prices and any pair give a valid bound, so stopping early loses nothing but
 * sharpness. `priced`: prices are fitted elsewhere, to all tasks.
 */
export function intervalBound(
  view: Unrelated,
  { head, tail }: HeadsTails,
  { priced = false }: { readonly priced?: boolean } = {},
): number {
  const bySpeed = scan(view, { head, tail }, relativeSpeeds(view))
  // To climb takes most of a second then; a search climbs on its way.
  if (priced || view.times.length > MAX_ENTRIES) return bySpeed.value
  const passes = Math.max(4, Math.min(PASSES, Math.ceil(WORK / view.times.length)))
  let best = bySpeed.value
  let count = view.count
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = scan(view, { head, tail }, climbFor({ ...view, count }, passes).lambda)
    if (round > 0 && found.value <= best * (1 + 1e-9)) break
    best = Math.max(best, found.value)
    const within = new Int32Array(view.classes)
    for (let task = 0; task < view.tasks; task += 1) {
      if (head[task] >= found.after && tail[task] >= found.before) within[view.classOf[task]] += 1
    }
    // Prices fitted to the same tasks are the same.
    if (within.every((tasks, row) => tasks === count[row])) break
    count = within
  }
  return best
}

const ROUNDS = 6
const PASSES = 200
/** Entries read in one climb. */
const WORK = 3e7
const MAX_ENTRIES = 4e6
const MAX_SCAN = 2e7

type Found = { value: number; after: number; before: number }

/** The best pair for these prices: for each head the sum grows along falling tails. */
function scan(
  view: Unrelated,
  { head, tail }: { head: Float64Array; tail: Float64Array },
  prices: Float64Array,
): Found {
  const cost = pricedTimes(view, prices)
  const byTail = rankedBy(tail.map(rest => -rest))
  const heads = sampled(
    [...new Set(head)].sort((a, b) => a - b),
    MAX_SCAN / view.tasks,
  )
  // The sum of up to n rounded products may be this much too large.
  const safely = 1 - (view.tasks + view.machines + 8) * 2 ** -52
  let best: Found = { value: 0, after: 0, before: 0 }
  for (const after of heads) {
    let sum = 0
    for (const task of byTail) {
      if (head[task] < after) continue
      sum += cost[view.classOf[task]]
      const value = (after + tail[task] + sum) * safely
      if (value > best.value) best = { value, after, before: tail[task] }
    }
  }
  return best
}

function sampled(values: readonly number[], limit: number): readonly number[] {
  const stride = Math.ceil(values.length / Math.max(1, Math.floor(limit)))
  return stride <= 1 ? values : values.filter((_, at) => at % stride === 0)
}
