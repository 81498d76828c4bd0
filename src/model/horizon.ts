import { assert } from '../std/assert.ts'
import type { Problem } from './problem.ts'

/**
 * How far a problem can reach: the latest release plus everything run one after another, each task
 * on its slowest machine and each transfer over its slowest link. No reasonable schedule is longer,
 * so arithmetic that is exact up to here is exact everywhere.
 */
export function serialHorizon(problem: Problem): number {
  return reachOf(problem).horizon
}

/** Every machine can run every task. */
export function runsAnywhere(problem: Problem): boolean {
  return reachOf(problem).anywhere
}

type Reach = { readonly horizon: number; readonly anywhere: boolean }

/** Cached per problem, which never changes: it may be simulated hundreds of times and have millions of times. */
const reaches = new WeakMap<Problem, Reach>()

function reachOf(problem: Problem): Reach {
  let reach = reaches.get(problem)
  if (reach === undefined) reaches.set(problem, (reach = measureReach(problem)))
  return reach
}

function measureReach(problem: Problem): Reach {
  const { times, tasks } = problem
  const machines = problem.machines.length
  let horizon = 0
  let latestRelease = 0
  let anywhere = true
  for (let task = 0; task < tasks.length; task += 1) {
    let slowest = mostOf(times, task * machines, machines)
    if (slowest === Number.POSITIVE_INFINITY) {
      anywhere = false
      slowest = mostFiniteOf(times, task * machines, machines)
    }
    horizon += slowest
    latestRelease = Math.max(latestRelease, tasks[task].release)
  }
  return { horizon: horizon + latestRelease + slowestTransfers(problem), anywhere }
}

/** Unrolled by four: a large problem has millions of times, and a turn of the loop costs more than reading one. */
function mostOf(times: Float64Array, from: number, count: number): number {
  let most = 0
  let at = from
  for (const end = from + count - 3; at < end; at += 4) {
    if (times[at] > most) most = times[at]
    if (times[at + 1] > most) most = times[at + 1]
    if (times[at + 2] > most) most = times[at + 2]
    if (times[at + 3] > most) most = times[at + 3]
  }
  for (; at < from + count; at += 1) if (times[at] > most) most = times[at]
  return most
}

function mostFiniteOf(times: Float64Array, from: number, count: number): number {
  const row = times.subarray(from, from + count)
  return mostOf(row.filter(Number.isFinite), 0, count)
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

/** Micros per unit of the problem's time. */
export function ticksOf(problem: Problem): number {
  const horizon = serialHorizon(problem)
  const tick = tickOf(horizon * HEADROOM) ?? tickOf(horizon)
  assert(tick !== undefined, `${problem.name}: its serial horizon exceeds 2^53 ticks`)
  return Math.round(1 / tick)
}

/** Noise and retries stretch a horizon; without them a problem may fill all that is exact. */
export const HEADROOM = 8

const usualDigits = 6
/** In units of the problem. */
export const usualTick = 1e-6
/** Below it even the finest ticks round to more than a millionth. */
export const leastHorizon = 1e-9
const mostDigits = 15
/** Ticks finer than usual leave a factor of a thousand to what reaches beyond the horizon: faults, ageing. */
const fineTicks = 1e12

function slowestTransfers(problem: Problem): number {
  const transferOf = slowestTransferOf(problem)
  let sum = 0
  for (let edge = 0; edge < problem.edges.bytes.length; edge += 1) sum += transferOf(edge)
  return sum
}

/** What an edge takes over the slowest link there is. */
export function slowestTransferOf({
  edges: { bytes, time },
  machines: { length: count },
  network,
}: Problem): (edge: number) => number {
  let latency = 0
  let bandwidth = Number.POSITIVE_INFINITY
  if (network !== undefined) {
    for (let link = 0; link < count * count; link += 1) {
      if (link % (count + 1) === 0) continue
      latency = Math.max(latency, network.latency[link])
      bandwidth = Math.min(bandwidth, network.bandwidth[link])
    }
  }
  return edge => (Number.isNaN(time[edge]) ? latency + bytes[edge] / bandwidth : time[edge])
}
