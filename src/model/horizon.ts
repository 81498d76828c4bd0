import type { Problem } from './problem.ts'

/**
 * How far a problem can reach: the latest release plus everything run one after another, each task
 * on its slowest machine and each transfer over its slowest link. No reasonable schedule is longer,
 * so arithmetic that is exact up to here is exact everywhere.
 */
export function serialHorizon(problem: Problem): number {
  const machines = problem.machines.length
  let horizon = 0
  let latestRelease = 0
  for (let task = 0; task < problem.tasks.length; task += 1) {
    let slowest = 0
    for (let at = task * machines; at < (task + 1) * machines; at += 1) {
      const time = problem.times[at]
      if (time > slowest && time !== Number.POSITIVE_INFINITY) slowest = time
    }
    horizon += slowest
    latestRelease = Math.max(latestRelease, problem.tasks[task].release)
  }
  return horizon + latestRelease + slowestTransfers(problem)
}

/**
 * The length of one tick in the problem's unit, a power of ten: a millionth, finer where the horizon
 * is short (so that rounding to ticks is lost in the last digits, and tiny times are not rounded
 * away), coarser where it would not stay under 2^53; `undefined` when even whole units do not fit.
 */
export function tickOf(horizon: number): number | undefined {
  for (let digits = mostDigits; digits >= 0; digits -= 1) {
    const most = digits > usualDigits ? fineTicks : Number.MAX_SAFE_INTEGER
    if (horizon * 10 ** digits < most) return Number(`1e-${digits}`)
  }
  return undefined
}

const usualDigits = 6
const mostDigits = 15
/** Ticks finer than usual leave a factor of a thousand to what reaches beyond the horizon: faults, ageing. */
const fineTicks = 1e12

function slowestTransfers(problem: Problem): number {
  const { bytes, time } = problem.edges
  let latency = 0
  let bandwidth = Number.POSITIVE_INFINITY
  if (problem.network !== undefined) {
    const machines = problem.machines.length
    for (let link = 0; link < machines * machines; link += 1) {
      if (link % (machines + 1) === 0) continue
      latency = Math.max(latency, problem.network.latency[link])
      bandwidth = Math.min(bandwidth, problem.network.bandwidth[link])
    }
  }
  let sum = 0
  for (let edge = 0; edge < bytes.length; edge += 1) {
    sum += Number.isNaN(time[edge]) ? latency + bytes[edge] / bandwidth : time[edge]
  }
  return sum
}
