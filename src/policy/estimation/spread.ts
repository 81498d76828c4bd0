import type { Prng } from '../../std/prng.ts'
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
   * all seen as little is known as before anything was judged: it takes about as long again.
   */
  readonly beyond: (ratio: number, q: number) => number
  /** One of the ratios seen; one time in n + 1 another, as far off (Bayesian bootstrap, Rubin 1981). */
  readonly draw: (random: Prng) => number
  /** Of what is drawn; `variation` is the standard deviation over the mean. */
  readonly mean: number
  readonly variation: number
  /**
   * Errors that follow each other say less than so many would: the variance of a mean of so many of
   * them is so many times larger than that of independent ones.
   */
  readonly echo: (items: number) => number
  /** The same without that caution: longer blocks are taken to stray as the growth up to them tells. */
  readonly seenEcho: (items: number) => number
}

/**
 * Of the variance of single items, the share that means have in common: that of n past items, and of
 * those to come what independent draws do not give. How errors echo over the fewer of the two is what
 * counts: over longer times both stray alike.
 */
export function sharedVariance(echo: Spread['echo'], n: number, left: number): number {
  const larger = echo(Math.min(n, left))
  return Math.min(1, larger / Math.max(1, n)) + Math.min(1, (larger - 1) / Math.max(1, left))
}

export function spreadOf(estimates: Iterable<Estimate | undefined>): Spread {
  const seen = [...estimates].filter(estimate => estimate !== undefined)
  const counts = new Float64Array(RATIO_BUCKETS)
  for (const { ratios } of seen)
    ratios.forEach((count, bucket) => {
      counts[bucket] += count
    })
  const n = counts.reduce((sum, count) => sum + count, 0)
  const deviation = deviationOf(counts, n)
  const table = Float64Array.from({ length: STEPS + 1 }, (_, step) => {
    const q = Math.min(1 - 1e-3, Math.max(1e-3, step / STEPS))
    return 2 ** exponentAt(counts, n, deviation, q)
  })
  const at = (q: number): number => {
    const place = Math.min(STEPS, Math.max(0, q * STEPS))
    const step = Math.min(STEPS - 1, Math.floor(place))
    return table[step] + (place - step) * (table[step + 1] - table[step])
  }
  return {
    n,
    ...momentsOf(counts, n, deviation),
    echo: echoOf(seen, () => ASSUMED_GROWTH),
    seenEcho: echoOf(seen, growth => growth),
    at,
    beyond: (ratio, q) => {
      const past = shareBelow(table, ratio)
      if (past < 1) return Math.max(ratio, at(past + (1 - past) * q))
      return ratio * 2 ** (-Math.max(UNJUDGED, deviation) * Math.log(1 - Math.min(0.999, q)))
    },
    draw: drawer(counts, n, deviation),
  }
}

const STEPS = 256

/** Before anything was judged: a factor of two and a half either way is eight times in ten enough. */
const UNJUDGED = 1

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
  if (n < 1) return (n > 0 ? exponentWithin(counts, n / 2) : 0) + deviation * normalQuantile(q)
  const rank = q * (n + 1)
  const above = n + 1 - rank
  // The k-th of n stands for all from k - 1 to k.
  if (rank < 1) return exponentWithin(counts, 0.5) + deviation * Math.log(rank)
  if (above < 1) return exponentWithin(counts, n - 0.5) - deviation * Math.log(above)
  return exponentWithin(counts, rank - 0.5)
}

/** log2 of the ratio that so much of all lies below. A bucket's own lie evenly in it; faded ones count as fractions. */
function exponentWithin(counts: Float64Array, below: number): number {
  let seen = 0
  const bucket = counts.findIndex(count => {
    if (seen + count >= below && count > 0) return true
    seen += count
    return false
  })
  // Rounding may leave the sum of all a little short.
  if (bucket < 0) return exponentOf(counts.findLastIndex(count => count > 0) + 1)
  return exponentOf(bucket + Math.max(0, (below - seen) / counts[bucket]))
}

/** The standard normal's, by the logistic curve that follows it closest: exact to 0.02 up to 97 %. */
function normalQuantile(q: number): number {
  return Math.log(q / (1 - q)) / 1.702
}

function momentsOf(counts: Float64Array, n: number, deviation: number) {
  const other = (deviation * Math.LN2) ** 2
  let sum = Math.exp(other / 2)
  let squares = Math.exp(2 * other)
  counts.forEach((count, bucket) => {
    const ratio = 2 ** exponentOf(bucket + 0.5)
    sum += count * ratio
    squares += count * ratio * ratio
  })
  const mean = sum / (n + 1)
  const variance = Math.max(0, (squares - 2 * sum) / (n + 1) + 1)
  return { mean, variation: Math.sqrt(variance) / mean }
}

function drawer(counts: Float64Array, n: number, deviation: number): Spread['draw'] {
  const upTo = counts.map(
    (
      total => count =>
        (total += count)
    )(0),
  )
  return random => {
    const place = random.next() * (n + 1)
    if (place >= n) return 2 ** (deviation * random.normal())
    let low = 0
    let high = RATIO_BUCKETS - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (upTo[middle] <= place) low = middle + 1
      else high = middle
    }
    return 2 ** exponentOf(low + 1 - (upTo[low] - place) / counts[low])
  }
}

/**
 * By the variance-time plot (Beran 1994): how the variance of batch means falls with their length tells
 * how far errors echo. Independent ones' falls as one over the length, that of a slow drift hardly at
 * all. Each length is judged by its own blocks, and where those are few by the next shorter one and by how
 * much it is `assumed` to grow from there, given how much it grew up to there: not at all at first.
 */
function echoOf(
  estimates: readonly Estimate[],
  assumed: (growth: number) => number,
): Spread['echo'] {
  const [squares, blocks] = [new Float64Array(LENGTHS), new Float64Array(LENGTHS)]
  for (const { echo = [] } of estimates)
    for (let nth = 0; nth < LENGTHS && 3 * nth + 3 < echo.length; nth += 1) {
      squares[nth] += echo[3 * nth + 2]
      blocks[nth] += echo[3 * nth + 3]
    }
  const echoes = new Float64Array(LENGTHS).fill(1)
  for (let nth = 1; nth < LENGTHS; nth += 1) {
    const length = 2 ** nth
    const seen = squares[0] > 0 ? (length * squares[nth] * blocks[0]) / squares[0] : 0
    const growth = assumed(nth === 1 ? 1 : echoes[nth - 1] / echoes[nth - 2])
    const judged =
      (ASSUMED_BLOCKS * Math.min(2, Math.max(1, growth)) * echoes[nth - 1] + seen) /
      (ASSUMED_BLOCKS + blocks[nth])
    echoes[nth] = Math.min(length, Math.max(1, judged))
  }
  return items => {
    const place = Math.min(LENGTHS - 1, Math.log2(Math.max(1, items)))
    const nth = Math.min(LENGTHS - 2, Math.floor(place))
    return echoes[nth] + (place - nth) * (echoes[nth + 1] - echoes[nth])
  }
}

/** Blocks of up to 2^23 errors: longer ones stray as those do. */
const LENGTHS = 24

/**
 * Blocks of each length that are taken as seen to stray as far as ones half as long did: inputs come
 * sorted and boxes are busy for a while, which few items cannot tell. Chosen on half the kinds of
 * simulated runs, judged on the others (docs/decisions/forecasts.md).
 */
const ASSUMED_BLOCKS = 4

/** And how much farther than independent ones would: nearly as far as one that goes on and on. */
const ASSUMED_GROWTH = 1.9

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
