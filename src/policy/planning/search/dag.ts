import { successorsOf, topologicalOrder } from '../../../model/precedence.ts'
import type { Problem } from '../../../model/problem.ts'
import { type Shared, sharedOf } from './shared.ts'

/**
 * A problem laid out for a search that decodes it hundreds of thousands of times: flat arrays both
 * ways along the edges, transfers as one number per edge wherever all links are alike.
 */
export type Dag = {
  readonly tasks: number
  readonly machines: number
  /** Row-major `tasks x machines`. */
  readonly times: Float64Array
  readonly release: Float64Array
  readonly firstIn: Int32Array
  readonly from: Int32Array
  readonly firstOut: Int32Array
  readonly to: Int32Array
  /** Transfer time between different machines; `NaN` where it depends on the link. */
  readonly delay: Float64Array
  readonly bytes: Float64Array
  readonly latency: Float64Array
  readonly bandwidth: Float64Array
  /** Every edge has one delay, whatever the link. */
  readonly uniform: boolean
  /** Something takes time between machines. */
  readonly moves: boolean
  /** All machines are alike and nothing takes time between them: only the order matters. */
  readonly identical: boolean
  /** The least time from the end of a task to the end of everything. */
  readonly tail: Float64Array
  /** Each task's place in one topological order. */
  readonly rank: Int32Array
  /** What tasks hold and machines offer; `undefined` where each machine runs one task at a time. */
  readonly shared: Shared | undefined
  /** So many tasks at the head of every order have begun and stay where they are. */
  readonly begun: number
}

export function dagOf(problem: Problem): Dag {
  const tasks = problem.tasks.length
  const machines = problem.machines.length
  const { edges, times, network } = problem
  const successors = successorsOf(edges)
  const order = topologicalOrder(edges, successors)
  const rank = new Int32Array(tasks)
  order.forEach((task, at) => {
    rank[task] = at
  })
  const delay = delaysOf(problem)
  const shared = sharedOf(problem)
  return {
    tasks,
    machines,
    times,
    release: Float64Array.from(problem.tasks, task => task.release),
    firstIn: edges.firstEdge,
    from: edges.from,
    firstOut: successors.firstEdge,
    to: successors.to,
    delay,
    bytes: edges.bytes,
    latency: network?.latency ?? new Float64Array(0),
    bandwidth: network?.bandwidth ?? new Float64Array(0),
    uniform: delay.every(time => !Number.isNaN(time)),
    moves: !delay.every(time => time === 0),
    identical: delay.every(time => time === 0) && machinesAlike(problem, shared),
    tail: leastTails(problem, order, successors),
    rank,
    shared,
    begun: 0,
  }
}

/** Same as the model's `transferTime`, without the call. */
export function delayBetween(dag: Dag, edge: number, a: number, b: number): number {
  if (a === b) return 0
  const fixed = dag.delay[edge]
  if (!Number.isNaN(fixed)) return fixed
  const link = a * dag.machines + b
  return dag.latency[link] + dag.bytes[edge] / dag.bandwidth[link]
}

function delaysOf(problem: Problem): Float64Array {
  const { edges, network } = problem
  const machines = problem.machines.length
  const alike = network === undefined || linksAlike(network, machines)
  return edges.time.map((time, edge) => {
    if (!Number.isNaN(time)) return time
    if (network === undefined || machines < 2) return 0
    return alike ? network.latency[1] + edges.bytes[edge] / network.bandwidth[1] : Number.NaN
  })
}

function linksAlike(
  network: { readonly latency: Float64Array; readonly bandwidth: Float64Array },
  machines: number,
): boolean {
  for (let link = 1; link < machines * machines; link += 1) {
    if (link % (machines + 1) === 0) continue
    if (network.latency[link] !== network.latency[1]) return false
    if (network.bandwidth[link] !== network.bandwidth[1]) return false
  }
  return true
}

function machinesAlike(problem: Problem, shared: Shared | undefined): boolean {
  const machines = problem.machines.length
  if (shared?.room.some((most, at) => most !== shared.room[at % shared.resources])) return false
  for (let at = 0; at < problem.times.length; at += 1) {
    if (problem.times[at] !== problem.times[at - (at % machines)]) return false
  }
  return true
}

function leastTails(
  problem: Problem,
  order: Int32Array,
  successors: { readonly firstEdge: Int32Array; readonly to: Int32Array },
): Float64Array {
  const machines = problem.machines.length
  const tail = new Float64Array(problem.tasks.length)
  for (let at = order.length - 1; at >= 0; at -= 1) {
    const task = order[at]
    for (let out = successors.firstEdge[task]; out < successors.firstEdge[task + 1]; out += 1) {
      const next = successors.to[out]
      let least = Number.POSITIVE_INFINITY
      for (let i = next * machines; i < (next + 1) * machines; i += 1) {
        if (problem.times[i] < least) least = problem.times[i]
      }
      if (least + tail[next] > tail[task]) tail[task] = least + tail[next]
    }
  }
  return tail
}
