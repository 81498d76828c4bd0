import type { Unrelated } from './unrelated.ts'

/** A lower bound on the makespan, and the machine prices that prove it. */
export type LpBound = { readonly value: number; readonly lambda: Float64Array }

/**
 * The bound of the assignment LP (min C, sum_i x_ij = 1, sum_j p_ij x_ij <= C) from its dual: put a
 * price lambda_i >= 0 on a unit of time of machine i, with sum 1. Every task pays at least its
 * cheapest machine, and all loads are at most C, so C >= sum_j min_i lambda_i p_ij for ANY prices.
 * Whoever found the prices need not be trusted: the sum is taken here, and rounded down.
 *
 * With `longest`, pairs of a longer time are left out: the value then binds only those schedules
 * that use none of them.
 */
export function dualBound(
  view: Unrelated,
  lambda: Float64Array,
  options: { readonly longest?: number } = {},
): number {
  const longest = options.longest ?? Infinity
  let sum = 0
  for (let row = 0, at = 0; row < view.classes; row += 1) {
    let cheapest = Infinity
    for (let machine = 0; machine < view.machines; machine += 1, at += 1) {
      const time = view.times[at]
      const price = lambda[machine] * time
      if (price < cheapest && time <= longest) cheapest = price
    }
    sum += cheapest * view.count[row]
  }
  return roundedDown(view, sum, lambda)
}

/**
 * A sum of n non-negative products loses at most (n + 1) units of 2^-53, the sum of prices m more;
 * we give away twice that.
 */
export function roundedDown(view: Unrelated, sum: number, lambda: Float64Array): number {
  let total = 0
  for (let machine = 0; machine < view.machines; machine += 1) total += lambda[machine]
  if (!(total > 0) || !(sum > 0)) return 0
  if (sum === Infinity) return Infinity
  return (sum / total) * (1 - (view.classes + view.machines + 8) * 2 ** -52)
}

/** Whole times allow whole makespans only: a bound may then be rounded up. */
export function toMakespan(view: Unrelated, bound: number): number {
  return view.integral ? Math.ceil(bound) : bound
}
