import { type Estimate, RATIO_BUCKETS, WIDTH } from './least-squares.ts'

/**
 * How far the next time may stray from its prediction, by how far earlier ones did. With n ratios
 * seen, the next falls below the k-th smallest with probability k / (n + 1), whatever their
 * distribution (Weibull 1939; Vovk, Gammerman and Shafer 2005): a range read off at those ranks
 * covers what it says, even from few samples. Beyond the extremes seen the tails fall off
 * exponentially in the logarithm, as wide as the ratios themselves.
 */
export type Spread = {
  /** Ratios it rests on. */
  readonly n: number
  /** The ratio the next stays below with probability `q`, 0 to 1. */
  readonly at: (q: number) => number
  /**
   * Given that it is above this one already, the ratio it stays below with probability `q`. Beyond
   * all seen it is as much longer again as it has been: the tail has no scale of its own.
   */
  readonly beyond: (ratio: number, q: number) => number
  readonly mean: number
  /** Standard deviation over the mean. */
  readonly variation: number
  /**
   * Errors that follow each other say less than so many would: the variance of a mean of them is so
   * many times larger, (1 + r) / (1 - r) with correlation r from one to the next (Bartlett 1946).
   */
  readonly echo: number
}

export function spreadOf(estimates: Iterable<Estimate | undefined>): Spread {
  const counts = new Float64Array(RATIO_BUCKETS)
  let [products, squares] = [0, 0]
  for (const estimate of estimates) {
    estimate?.ratios.forEach((count, bucket) => {
      counts[bucket] += count
    })
    products += estimate?.echo?.[1] ?? 0
    squares += estimate?.echo?.[2] ?? 0
  }
  const n = counts.reduce((sum, count) => sum + count, 0)
  const deviation = deviationOf(counts, n)
  const table = Float64Array.from({ length: STEPS + 1 }, (_, step) => {
    const q = Math.min(1 - 1e-3, Math.max(1e-3, step / STEPS))
    return 2 ** exponentAt(counts, n, deviation, q)
  })
  const { mean, variation } = momentsOf(table)
  const at = (q: number): number => {
    const place = Math.min(STEPS, Math.max(0, q * STEPS))
    const step = Math.min(STEPS - 1, Math.floor(place))
    return table[step] + (place - step) * (table[step + 1] - table[step])
  }
  return {
    n,
    mean,
    variation,
    echo: echoOf(squares > 0 ? products / squares : 0),
    at,
    beyond: (ratio, q) => {
      const past = shareBelow(table, ratio)
      if (past < 1) return Math.max(ratio, at(past + (1 - past) * q))
      return ratio * 2 ** (-deviation * Math.log(1 - Math.min(0.999, q)))
    },
  }
}

const STEPS = 256

/** Before anything was judged: a factor of about 1.6 either way is eight times in ten enough. */
const UNJUDGED = 0.53

/** Standard deviation of log2 ratios; of few, drawn towards what is assumed of none. */
function deviationOf(counts: Float64Array, n: number): number {
  let [sum, squares] = [0, 0]
  counts.forEach((count, bucket) => {
    const middle = exponentOf(bucket + 0.5)
    sum += count * middle
    squares += count * middle * middle
  })
  const around = n > 0 ? squares - (sum * sum) / n : 0
  return Math.max(WIDTH / 2, Math.sqrt((Math.max(0, around) + UNJUDGED ** 2) / (n + 1)))
}

const exponentOf = (bucket: number): number => bucket * WIDTH - 4

/** log2 of the ratio at rank q (n + 1). */
function exponentAt(counts: Float64Array, n: number, deviation: number, q: number): number {
  const rank = q * (n + 1)
  const first = counts.findIndex(count => count > 0)
  if (first < 0) return UNJUDGED * normalQuantile(q)
  const last = counts.findLastIndex(count => count > 0)
  if (rank < 1) {
    return exponentOf(first + 0.5 / counts[first]) + deviation * Math.log(rank)
  }
  if (n + 1 - rank < 1) {
    return exponentOf(last + 1 - 0.5 / counts[last]) - deviation * Math.log(n + 1 - rank)
  }
  let seen = 0
  for (let bucket = first; bucket <= last; bucket += 1) {
    const count = counts[bucket]
    // A bucket's own ratios lie evenly in it: the k-th of c at (k - 1/2) / c of its width.
    if (count > 0 && seen + count >= rank - 0.5)
      return exponentOf(bucket + Math.min(1, Math.max(0, (rank - 0.5 - seen) / count)))
    seen += count
  }
  return exponentOf(last + 1)
}

/** Chance gives small correlations either way; none makes a mean surer than independence does. */
function echoOf(correlation: number): number {
  const r = Math.min(0.95, Math.max(0, correlation))
  return (1 + r) / (1 - r)
}

function momentsOf(table: Float64Array): { mean: number; variation: number } {
  let [sum, squares] = [0, 0]
  for (let step = 0; step < STEPS; step += 1) {
    const ratio = (table[step] + table[step + 1]) / 2
    sum += ratio
    squares += ratio * ratio
  }
  const mean = sum / STEPS
  return { mean, variation: Math.sqrt(Math.max(0, squares / STEPS - mean * mean)) / mean }
}

function shareBelow(table: Float64Array, ratio: number): number {
  let low = 0
  let high = STEPS
  while (low < high) {
    const middle = (low + high) >>> 1
    if (table[middle] < ratio) low = middle + 1
    else high = middle
  }
  return low / STEPS
}

/** Inverse of the logistic curve that follows the normal one closest: exact to 0.01 from 1 % to 99 %. */
function normalQuantile(q: number): number {
  return Math.log(q / (1 - q)) / 1.702
}
