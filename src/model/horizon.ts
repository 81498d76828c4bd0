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
 * The length of one tick in the problem's unit: the finest of 1, 1/10, ... 1/1,000,000 in which the
 * horizon stays under 2^53, or `undefined` when even whole units do not fit.
 */
export function tickOf(horizon: number): number | undefined {
  for (let ticksPerUnit = 1_000_000; ticksPerUnit >= 1; ticksPerUnit /= 10) {
    if (horizon * ticksPerUnit < Number.MAX_SAFE_INTEGER) return 1 / ticksPerUnit
  }
  return undefined
}

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
