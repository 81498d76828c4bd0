import type { Unrelated } from './unrelated.ts'

/**
 * Machine prices that make a priced load total work over total speed where machines differ in speed
 * alone.
 */
export function relativeSpeeds(view: Unrelated): Float64Array {
  const speeds = new Float64Array(view.machines)
  const every = Math.max(1, Math.floor(view.times.length / SAMPLED))
  for (let row = 0; row < view.times.length; row += every * view.machines) {
    let least = Number.POSITIVE_INFINITY
    for (let machine = 0; machine < view.machines; machine += 1) {
      if (view.times[row + machine] < least) least = view.times[row + machine]
    }
    if (least === 0) continue
    for (let machine = 0; machine < view.machines; machine += 1) {
      speeds[machine] += least / view.times[row + machine]
    }
  }
  return speeds.some(speed => speed > 0) ? speeds : speeds.fill(1)
}

/** Entries looked at in a large table: any prices prove a bound, and these are an estimate. */
const SAMPLED = 2e6

/** What each class pays at its cheapest machine, at prices scaled to sum to at most 1. */
export function pricedTimes(view: Unrelated, prices: Float64Array): Float64Array {
  const total = prices.reduce((sum, price) => sum + price, 0) * (1 + view.machines * 2 ** -52)
  const scaled = prices.map(price => price / total)
  const cost = new Float64Array(view.classes)
  for (let row = 0, at = 0; row < view.classes; row += 1) {
    let least = Number.POSITIVE_INFINITY
    for (let machine = 0; machine < view.machines; machine += 1, at += 1) {
      const time = view.times[at]
      if (time === Number.POSITIVE_INFINITY) continue
      const price = scaled[machine] * time
      if (price < least) least = price
    }
    cost[row] = least
  }
  return cost
}
