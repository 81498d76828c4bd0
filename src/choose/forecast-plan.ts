import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import type { Uncertainty } from './job-problem.ts'
import { realise } from './realise.ts'

/**
 * The middle 80 % of the makespans that the plan comes to: simulated under the noise of single tasks,
 * widened by what is common to all of them, and later by what loading takes, which is no task's.
 */
export function forecastPlan(
  problem: Problem,
  schedule: Schedule,
  options: Uncertainty & { readonly seed: number; readonly loading: number },
): { readonly low: number; readonly middle: number; readonly high: number } {
  const runs = options.noise > 0 ? 21 : 1
  const makespans = Array.from(
    { length: runs },
    (_, nth) =>
      realise(
        problem,
        { kind: 'plan', schedule },
        { noise: options.noise, seed: options.seed + nth },
      ).makespan,
  ).sort((a, b) => a - b)
  const at = (share: number) => makespans[Math.round(share * (runs - 1))]
  const middle = at(0.5)
  const apart = middle * normalQuantile * options.common
  const low = Math.max(0, middle - Math.hypot(middle - at(0.1), apart))
  const high = middle + Math.hypot(at(0.9) - middle, apart)
  const { loading } = options
  return { low: low + loading, middle: middle + loading, high: high + loading }
}

/** 90 % of a normal distribution lie below so many deviations. */
const normalQuantile = 1.2816

/** The shape of a problem's work, each task on its fastest machine. */
export function shapeOf(problem: Problem) {
  const { firstEdge, from } = problem.edges
  const machines = problem.machines.length
  const count = problem.tasks.length
  const [endAt, depth] = [new Float64Array(count), new Int32Array(count)]
  const perDepth: number[] = []
  let [work, path] = [0, 0]
  // Predecessors come first wherever the problem was made from a job, stage by stage.
  for (let task = 0; task < count; task += 1) {
    const row = problem.times.subarray(task * machines, (task + 1) * machines)
    const fastest = row.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY)
    let ready = 0
    for (let edge = firstEdge[task]; edge < firstEdge[task + 1]; edge += 1) {
      ready = Math.max(ready, endAt[from[edge]])
      depth[task] = Math.max(depth[task], depth[from[edge]] + 1)
    }
    endAt[task] = ready + fastest
    path = Math.max(path, endAt[task])
    work += fastest
    perDepth[depth[task]] = (perDepth[depth[task]] ?? 0) + 1
  }
  const width = perDepth.reduce((most, tasks) => Math.max(most, tasks), 0)
  return { work, criticalPath: path, width, parallelism: path > 0 ? work / path : 0 }
}
