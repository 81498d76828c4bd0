import { lognormal } from '../../../std/lognormal.ts'
import { type Prng, prng } from '../../../std/prng.ts'
import type { Dag } from '../search/dag.ts'
import type { Underway } from './replan-graph.ts'

/**
 * Ways in which the durations of a run may turn out, drawn before it begins and the same each time its
 * plan is mended. They come in pairs of opposite luck, so that a few stand for many (antithetic
 * variates: Hammersley and Morton 1956).
 */
export type Scenarios = {
  readonly count: number
  /** Row-major `tasks x count`: by how much the task takes longer than expected. */
  readonly factor: Float64Array
  readonly factorOf: (normal: number) => number
  readonly seed: number
}

/** `noise`: the coefficient of variation of durations. */
export function drawScenarios(
  tasks: number,
  { pairs, noise, seed }: { readonly pairs: number; readonly noise: number; readonly seed: number },
): Scenarios {
  const count = 2 * pairs
  const factorOf = lognormal(noise)
  const factor = new Float64Array(tasks * count)
  const random = prng(seed, DURATIONS)
  for (let at = 0; at < factor.length; at += 2) {
    const normal = random.normal()
    factor[at] = factorOf(normal)
    factor[at + 1] = factorOf(-normal)
  }
  return { count, factor, factorOf, seed }
}

/**
 * Row-major `tasks x count`: when what has begun ends in each scenario. What still runs has already
 * taken as long as it has.
 */
export function endsOfBegun(dag: Dag, now: Underway, scenarios: Scenarios): Float64Array {
  const { count, factor, seed } = scenarios
  const { at, begun, running, start, time, machine } = now
  const random = prng(seed, STILL_RUNNING)
  const end = new Float64Array(dag.tasks * count)
  for (let task = 0; task < dag.tasks; task += 1) {
    if (begun[task] === 0) continue
    const row = task * count
    const done = start[task] + time[task]
    end.fill(done, row, row + count)
    if (running[task] === 0) continue
    const expected = dag.times[task * dag.machines + machine[task]]
    const least = expected > 0 ? (at - start[task]) / expected : Number.POSITIVE_INFINITY
    for (let nth = 0; nth < count; nth += 1) {
      const drawn = above(least, factor[row + nth], { random, factorOf: scenarios.factorOf })
      if (drawn > least) end[row + nth] = start[task] + expected * drawn
    }
  }
  return end
}

/** The first factor drawn that is above `least`; where that is so rare that none comes up, the last one drawn. */
function above(
  least: number,
  first: number,
  { random, factorOf }: { readonly random: Prng; readonly factorOf: (normal: number) => number },
): number {
  let drawn = first
  for (let tries = 0; drawn <= least && tries < mostTries; tries += 1)
    drawn = factorOf(random.normal())
  return drawn
}

const mostTries = 40

/** Streams of the seed. */
const DURATIONS = 5
const STILL_RUNNING = 6
