import { type LpBound, roundedDown } from './certified.ts'
import { allColumns, type Columns, cheapestColumns, sampledColumns } from './columns.ts'
import type { Unrelated } from './unrelated.ts'

/**
 * Climbs to the best prices for the LP bound. At given prices every task goes to its cheapest
 * machine; machines that end above the bound become dearer, the others cheaper, by multiplicative
 * steps (exponentiated gradient: Kivinen and Warmuth 1997; the dual is Lagrange's, Held, Wolfe and
 * Crowder 1974). The step is normalised by the spread of the loads and shrinks whenever 20 passes
 * gain nothing, going back to the best prices then.
 *
 * Small problems are climbed whole, and every pass yields a proven bound. Above 400,000 entries a
 * pass is dear: prices come from a sample of the tasks, and one whole pass proves the first bound, near the
 * last on most; then from the cheapest columns of each task, and one whole pass per round proves the
 * bound and finds the next columns. Each step costs some milliseconds; the generator ends when the step
 * has shrunk to nothing.
 */
export function* ascend(
  view: Unrelated,
  options: { readonly longest?: number; readonly from?: Float64Array } = {},
): Generator<LpBound | undefined, void, void> {
  const longest = options.longest ?? Infinity
  const start = options.from?.slice() ?? pricesByMeanTime(view)
  if (view.classes * view.machines <= wholeLimit) {
    for (const found of climb(allColumns(view, longest), start, 0.03, Infinity)) {
      yield found && { lambda: found.lambda, value: roundedDown(view, found.sum, found.lambda) }
    }
    return
  }
  let lambda = start
  const fit = view.classes * view.machines > hugeEntries ? huge : large
  const entries = Math.max(sampleEntries, sampleRowsPerMachine * view.machines ** 2)
  const sample = sampledColumns(view, longest, entries)
  for (const found of climb(sample, lambda, 0.03, fit.sampled)) {
    if (found) lambda = found.lambda
    yield undefined
  }
  yield* proveWhole(view, lambda, longest)
  let before = 0
  for (let round = 0; round < rounds; round += 1) {
    const { columns, sum } = yield* cheapestColumns(view, lambda, {
      ...{ longest, perClass: fit.perClass },
    })
    yield { lambda, value: roundedDown(view, sum, lambda) }
    if (sum <= before * (1 + worthARound)) return
    before = sum
    for (const found of climb(columns, lambda, fit.step / (1 + round), fit.passes)) {
      if (found) lambda = found.lambda
      yield undefined
    }
  }
  yield* proveWhole(view, lambda, longest)
}

function* proveWhole(view: Unrelated, lambda: Float64Array, longest: number) {
  const { sum } = yield* cheapestColumns(view, lambda, { longest, perClass: 1 })
  yield { lambda, value: roundedDown(view, sum, lambda) }
}

/** Pairs of class and machine up to which every pass goes over all of them. */
export const wholeLimit = 400_000
const sampleEntries = 200_000
/** Fewer rows than machines would teach prices that fit the sample alone. */
const sampleRowsPerMachine = 2
const rounds = 5
const large = { sampled: 300, perClass: 16, step: 0.03, passes: 150 }
/** A pass over 16 columns of each task takes a twentieth of a second; a fine step balances sooner. */
const hugeEntries = 1_000_000
const huge = { sampled: 150, perClass: 6, step: 0.003, passes: 60 }
/** A round that gains less is the last. */
const worthARound = 1e-6

type Found = { readonly sum: number; readonly lambda: Float64Array }

function* climb(
  columns: Columns,
  start: Float64Array,
  firstStep: number,
  passes: number,
): Generator<Found | undefined, void, void> {
  const lambda = start.slice()
  let best: Found = { sum: 0, lambda: start }
  let step = firstStep
  let stalled = 0
  const load = new Float64Array(start.length)
  for (let pass = 0; pass < passes && step > firstStep * 1e-6; pass += 1) {
    const sum = assignCheapest(columns, lambda, load)
    const better = sum > best.sum
    stalled = sum > best.sum * (1 + 1e-6) ? 0 : stalled + 1
    if (better) best = { sum, lambda: lambda.slice() }
    yield better ? best : undefined
    if (sum === Infinity || sum === 0) return
    if (stalled >= 20) {
      step *= 0.7
      stalled = 0
      lambda.set(best.lambda)
    } else {
      reprice(lambda, load, sum, step)
    }
  }
}

function assignCheapest(columns: Columns, lambda: Float64Array, load: Float64Array): number {
  const { first, machine, time, count } = columns
  load.fill(0)
  let sum = 0
  for (let row = 0; row < count.length; row += 1) {
    let cheapest = Infinity
    let chosen = -1
    for (let at = first[row]; at < first[row + 1]; at += 1) {
      const price = lambda[machine[at]] * time[at]
      if (price < cheapest) {
        cheapest = price
        chosen = at
      }
    }
    sum += cheapest * count[row]
    if (chosen >= 0) load[machine[chosen]] += time[chosen] * count[row]
  }
  return sum
}

function reprice(lambda: Float64Array, load: Float64Array, sum: number, step: number): void {
  let spread = 0
  for (let i = 0; i < lambda.length; i += 1) spread += lambda[i] * (load[i] / sum - 1) ** 2
  const rate = step / Math.sqrt(spread + 1e-12)
  let total = 0
  for (let i = 0; i < lambda.length; i += 1) {
    lambda[i] *= Math.exp(Math.max(-1, Math.min(1, rate * (load[i] / sum - 1))))
    total += lambda[i]
  }
  for (let i = 0; i < lambda.length; i += 1) lambda[i] /= total
}

/** Where a unit of time does more work it is worth more: one over the mean time on the machine. */
function pricesByMeanTime(view: Unrelated): Float64Array {
  const sums = new Float64Array(view.machines)
  const able = new Float64Array(view.machines)
  const stride = Math.max(1, Math.floor((view.classes * view.machines) / sampleEntries))
  for (let row = 0; row < view.classes; row += stride) {
    for (let machine = 0; machine < view.machines; machine += 1) {
      const time = view.times[row * view.machines + machine]
      if (time === Infinity) continue
      sums[machine] += time
      able[machine] += 1
    }
  }
  const lambda = sums.map((sum, machine) => (sum > 0 ? able[machine] / sum : 0))
  let total = 0
  for (const price of lambda) total += price
  return total > 0 ? lambda.map(price => price / total) : lambda.fill(1 / view.machines)
}
