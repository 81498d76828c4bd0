/**
 * How long a task takes: time = a + b size with a, b >= 0, by least squares over everything seen of one
 * (stage, machine), updated one observation at a time. Beside it, how wrong it was: actual over
 * predicted, counted in 64 fixed logarithmic buckets (1/16 to 16), which give quantiles.
 * Non-negative because a bigger item is not faster and nothing takes negative time; when the free
 * fit breaks that, the better of a constant and a line through the origin is used.
 */
export type Estimate = {
  n: number
  size: number
  time: number
  sizeSize: number
  sizeTime: number
  timeTime: number
  readonly ratios: number[]
  /**
   * Whether errors follow each other (a box that is slow for a while, inputs that come sorted), by means
   * of 1, 2, 4, 8, ... successive errors actual / predicted - 1. First how many errors there were; then
   * three numbers for each length: the sum of the last block, the sum of squares of all blocks' means,
   * and how many blocks.
   */
  echo?: number[]
  /** The fit at `line.n` observations, kept because it is asked for more often than it changes. */
  line?: Line
}

type Line = { readonly n: number; readonly intercept: number; readonly slope: number }

export const RATIO_BUCKETS = 64
/** Bucket width in powers of two: 64 buckets over 2^-4 .. 2^4. */
export const WIDTH = 8 / RATIO_BUCKETS

export function emptyEstimate(): Estimate {
  return { n: 0, size: 0, time: 0, sizeSize: 0, sizeTime: 0, timeTime: 0, ratios: [] }
}

/** Adds one observation. `predicted` 0: there was none to judge. */
export function observe(estimate: Estimate, size: number, time: number, predicted: number): void {
  estimate.n += 1
  estimate.size += size
  estimate.time += time
  estimate.sizeSize += size * size
  estimate.sizeTime += size * time
  estimate.timeTime += time * time
  if (predicted <= 0) return
  if (estimate.ratios.length === 0)
    for (let i = 0; i < RATIO_BUCKETS; i += 1) estimate.ratios.push(0)
  estimate.ratios[bucketOf(time / predicted)] += 1
  echoed((estimate.echo ??= [0]), Math.min(4, time / predicted) - 1)
}

/** Two blocks of one length make one of the next, as a binary counter carries. */
function echoed(echo: number[], error: number): void {
  echo[0] += 1
  let sum = error
  for (let [at, length] = [1, 1]; ; at += 3, length *= 2) {
    if (echo.length === at) echo.push(0, 0, 0)
    const before = echo[at]
    echo[at] = sum
    echo[at + 1] += (sum / length) ** 2
    echo[at + 2] += 1
    if (echo[0] % (2 * length) !== 0) return
    sum += before
  }
}

/** Expected time of a task of this size; `NaN` when nothing was seen. */
export function predict(estimate: Estimate, size: number): number {
  if (estimate.n === 0) return Number.NaN
  const { intercept, slope } = lineOf(estimate)
  return intercept + slope * size
}

/** Of an estimate whose sizes are items and whose times are what passes between them: micros an item; 0 where none was seen. */
export const meanHandover = ({ n, time, size }: Estimate): number => (n === 0 ? 0 : time / size)

/** The fitted line; something must have been seen. */
export function lineOf(estimate: Estimate): Line {
  const { line } = estimate
  if (line !== undefined && line.n === estimate.n) return line
  const fitted = fitLine(estimate)
  estimate.line = fitted
  return fitted
}

function fitLine(estimate: Estimate): Line {
  const { n } = estimate
  const meanSize = estimate.size / n
  const meanTime = estimate.time / n
  const variance = estimate.sizeSize - n * meanSize * meanSize
  const constant = { n, intercept: meanTime, slope: 0 }
  // One observation has no variance, however many a faded one counts for. Not `<=`: sizes whose squares overflow have no variance, and NaN must not spread from here.
  if (!(variance > 1e-9 * estimate.sizeSize)) return constant
  const slope = (estimate.sizeTime - n * meanSize * meanTime) / variance
  if (slope < 0) return constant
  const intercept = meanTime - slope * meanSize
  if (intercept >= 0) return { n, intercept, slope }
  return { n, intercept: 0, slope: estimate.sizeTime / estimate.sizeSize }
}

/** Numbers in a row; of the buckets those without a count as one negative number: most are, in every run kept. */
export function encodeEstimate(e: Estimate): number[] {
  const { n, size, time, sizeSize, sizeTime, timeTime, ratios, echo } = e
  if (n === 0 && ratios.length === 0) return []
  return [n, size, time, sizeSize, sizeTime, timeTime, ...sparse(ratios), ...(echo ?? [])]
}

function sparse(counts: readonly number[]): number[] {
  const kept: number[] = []
  for (const count of counts) {
    const last = kept.length - 1
    if (count !== 0) kept.push(count)
    else if (kept[last] < 0) kept[last] -= 1
    else kept.push(-1)
  }
  return kept
}

/** As encoded, or by an earlier version: every bucket one number. */
export function decodeEstimate(from: readonly number[]): Estimate {
  if (from.length === 0) return emptyEstimate()
  const [n, size, time, sizeSize, sizeTime, timeTime] = from
  const ratios: number[] = []
  let at = 6
  for (; at < from.length && ratios.length < RATIO_BUCKETS; at += 1) {
    if (from[at] >= 0) ratios.push(from[at])
    else for (let empty = from[at]; empty < 0; empty += 1) ratios.push(0)
  }
  const estimate: Estimate = { n, size, time, sizeSize, sizeTime, timeTime, ratios }
  const echo = from.slice(at)
  // An earlier version kept five numbers, of blocks of eight only: learnt anew.
  if (echo.length % 3 === 1) estimate.echo = echo
  return estimate
}

/**
 * What an earlier run learnt, as so many observations at most: the box, its load and the code may have
 * changed since, and this run's own times are to outweigh it soon (a power prior, Ibrahim and Chen
 * 2000). Counts that came to less than a thousandth of an observation are gone.
 */
export function faded(from: readonly number[], most: number): number[] {
  const estimate = decodeEstimate(from)
  fade(estimate, most)
  const { ratios, echo } = estimate
  for (let at = 0; at < ratios.length; at += 1) ratios[at] = Math.round(ratios[at] * 1_000) / 1_000
  // A block that was begun then does not go on now.
  if (echo !== undefined) for (let at = 0; at < echo.length; at += at === 0 ? 1 : 3) echo[at] = 0
  return encodeEstimate(estimate)
}

/** Makes what was seen count for so many observations at most: later ones outweigh it. */
export function fade(estimate: Estimate, most: number): void {
  if (estimate.n <= most) return
  const weight = most / estimate.n
  weaken(estimate, most)
  const { ratios, echo } = estimate
  for (let bucket = 0; bucket < ratios.length; bucket += 1) ratios[bucket] *= weight
  if (echo === undefined) return
  // So many of each length: long blocks are few in one run, and what they tell holds for the next.
  for (let at = 1; at < echo.length; at += 3) {
    const kept = Math.min(1, most / echo[at + 2])
    echo[at + 1] *= kept
    echo[at + 2] *= kept
  }
}

/** The same for what is predicted alone: how far predictions strayed counts on. */
export function weaken(estimate: Estimate, most: number): void {
  if (estimate.n <= most) return
  const weight = most / estimate.n
  for (const sum of ['n', 'size', 'time', 'sizeSize', 'sizeTime', 'timeTime'] as const)
    estimate[sum] *= weight
  // The one of as many others before may be kept.
  estimate.line = undefined
}

function bucketOf(ratio: number): number {
  const bucket = Math.floor((Math.log2(ratio) + 4) / WIDTH)
  return Math.max(0, Math.min(RATIO_BUCKETS - 1, bucket))
}
