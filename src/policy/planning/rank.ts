import { successorsOf, topologicalOrder } from '../../model/precedence.ts'
import type { Problem } from '../../model/problem.ts'

/**
 * Ranks of the HEFT family (Topcuoglu, Hariri and Wu 2002), over mean processing times of the
 * machines that can run a task, and mean transfer times.
 */
type Ranks = {
  /** Length of the longest mean path from the start of a task to the end of everything. */
  readonly upward: Float64Array
  /** Length of the longest mean path from the beginning to the start of a task. */
  readonly downward: Float64Array
}

export function ranksOf(problem: Problem): Ranks {
  const { edges } = problem
  const successors = successorsOf(edges)
  const order = topologicalOrder(edges, successors)
  const time = meanTimes(problem)
  const transfer = meanTransfers(problem)
  const upward = time.slice()
  const downward = Float64Array.from(problem.tasks, task => task.release)
  for (const task of order) {
    for (let edge = edges.firstEdge[task]; edge < edges.firstEdge[task + 1]; edge += 1) {
      const from = edges.from[edge]
      const through = downward[from] + time[from] + transfer[edge]
      if (through > downward[task]) downward[task] = through
    }
  }
  for (const task of order.toReversed()) {
    for (let at = successors.firstEdge[task]; at < successors.firstEdge[task + 1]; at += 1) {
      const through = time[task] + transfer[successors.edge[at]] + upward[successors.to[at]]
      if (through > upward[task]) upward[task] = through
    }
  }
  return { upward, downward }
}

function meanTimes(problem: Problem): Float64Array {
  const machines = problem.machines.length
  const means = new Float64Array(problem.tasks.length)
  for (let task = 0; task < means.length; task += 1) {
    let sum = 0
    let able = 0
    for (let at = task * machines; at < (task + 1) * machines; at += 1) {
      if (problem.times[at] === Number.POSITIVE_INFINITY) continue
      sum += problem.times[at]
      able += 1
    }
    means[task] = sum / able
  }
  return means
}

/**
 * Mean transfer time of each edge. A fixed time counts as it is, as in the papers' examples. Bytes
 * over a network are averaged over all ordered pairs of machines, a machine with itself (no
 * transfer) included: bytes / bandwidth x (P - 1) / P when all links are alike.
 */
export function meanTransfers(problem: Problem): Float64Array {
  const { edges, network } = problem
  const machines = problem.machines.length
  let latency = 0
  let timePerByte = 0
  if (network !== undefined) {
    for (let link = 0; link < machines * machines; link += 1) {
      if (link % (machines + 1) === 0) continue
      latency += network.latency[link]
      timePerByte += 1 / network.bandwidth[link]
    }
    latency /= machines * machines
    timePerByte /= machines * machines
  }
  return edges.time.map((time, edge) =>
    Number.isNaN(time) ? latency + edges.bytes[edge] * timePerByte : time,
  )
}
