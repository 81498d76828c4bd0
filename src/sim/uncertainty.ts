import type { Problem } from '../model/problem.ts'
import { lognormal } from '../std/lognormal.ts'
import { prng } from '../std/prng.ts'

/**
 * What is not known beforehand: how long a task really takes, and when it arrives. Drawn per task
 * and before anything runs, so that every strategy meets the same luck under the same seed (common
 * random numbers, Law and Kelton 2000).
 */

/** A factor of mean 1 for each task, lognormal with the given coefficient of variation. */
export function durationFactors(tasks: number, variation: number, seed: number): Float64Array {
  const factors = new Float64Array(tasks).fill(1)
  if (variation === 0) return factors
  const factorOf = lognormal(variation)
  const random = prng(seed, NOISE)
  for (let task = 0; task < tasks; task += 1) factors[task] = factorOf(random.normal())
  return factors
}

/** Arrival instants of a Poisson stream: exponential gaps of the given mean. */
export function poissonArrivals(tasks: number, meanGap: number, seed: number): Float64Array {
  const random = prng(seed, ARRIVALS)
  const arrivals = new Float64Array(tasks)
  let at = 0
  for (let task = 0; task < tasks; task += 1) {
    at += random.exponential(meanGap)
    arrivals[task] = at
  }
  return arrivals
}

/** The problem with no task released before it arrives. */
export function arrivingAt(problem: Problem, arrivals: ArrayLike<number>): Problem {
  const tasks = problem.tasks.map((task, at) => ({
    ...task,
    release: Math.max(task.release, arrivals[at]),
  }))
  return { ...problem, tasks }
}

/** Streams of the seed: each concern its own, so that turning one on changes no other. */
const NOISE = 1
const ARRIVALS = 2
export const FAULTS = 3
