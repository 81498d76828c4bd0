import type { Estimate } from './least-squares.ts'
import type { Spread } from './spread.ts'

/**
 * The factor that the next so many times are expected to be off by together: times drift (a box grows hot,
 * inputs come sorted), and where errors were seen to follow each other the mean of the last ones tells of
 * the next. It is followed as far as the best linear predictor goes, over the window of past errors that
 * explains most of what comes; where errors do not follow each other that is not at all, and 1.
 */
export function driftAhead({ echo = [] }: Estimate, { seenEcho }: Spread, left: number): number {
  const variance = (items: number): number => items * seenEcho(items)
  const ahead = Math.max(1, left)
  let [most, mean] = [0, 0]
  for (const { items, sum } of windowsOf(echo)) {
    // Of two sums next to each other, by the variance of either and of both.
    const together = (variance(items + ahead) - variance(items) - variance(ahead)) / 2
    const follows = Math.max(0, Math.min(1, (together / ahead) * (items / variance(items))))
    const explains = (follows * follows * variance(items)) / (items * items)
    if (explains <= most) continue
    most = explains
    mean = follows * (sum / items)
  }
  return Math.max(LEAST, 1 + mean)
}

/** An error is -1 at least, where a thing took no time at all: half the predicted time is foretold at least. */
const LEAST = 0.5

/** The last errors, once for each length of block up to half of all: the last block that long, and what came after it. */
function* windowsOf(echo: readonly number[]) {
  const [all = 0] = echo
  let since = 0
  for (let [at, length] = [1, 1]; 2 * length <= all; at += 3, length *= 2) {
    const items = length + (all % length)
    if (length >= SHORTEST && 2 * items <= all) yield { items, sum: echo[at] + since }
    if (all % (2 * length) >= length) since += echo[at]
  }
}

/** Of fewer than four errors the mean is mostly chance. */
const SHORTEST = 4
