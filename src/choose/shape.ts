import { topologicalOrder } from '../model/precedence.ts'
import type { Problem } from '../model/problem.ts'

/** What a problem's work looks like before anything is decided; times in the problem's unit. */
export type Shape = {
  /** All of it, each task on its fastest machine. */
  readonly work: number
  /** The longest chain, each task on its fastest machine and nothing moved. */
  readonly criticalPath: number
  /** The most tasks that are equally many steps from a beginning. */
  readonly width: number
  /** Machines that could be busy on average if there were enough of them: work over critical path. */
  readonly parallelism: number
}

export function shapeOf(problem: Problem): Shape {
  const { firstEdge, from } = problem.edges
  const count = problem.tasks.length
  const [endAt, depth] = [new Float64Array(count), new Int32Array(count)]
  const perDepth: number[] = []
  let [work, path] = [0, 0]
  for (const task of topologicalOrder(problem.edges)) {
    const fastest = fastestOf(problem, task)
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
  const parallelism = path > 0 ? work / path : 0
  return {
    work: withoutNoise(work),
    criticalPath: withoutNoise(path),
    width,
    parallelism: withoutNoise(parallelism),
  }
}

function fastestOf(problem: Problem, task: number): number {
  const machines = problem.machines.length
  let least = Number.POSITIVE_INFINITY
  for (let at = task * machines; at < (task + 1) * machines; at += 1) {
    if (problem.times[at] < least) least = problem.times[at]
  }
  return least
}

/** A long sum of floating point numbers is not exact in its last digits: 12 equal times are 12.000000000000007 of one. */
const withoutNoise = (value: number): number => Number(value.toPrecision(12))
