import { successorsOf, topologicalOrder } from '../../model/precedence.ts'
import type { Problem } from '../../model/problem.ts'
import { pricedTimes, relativeSpeeds } from './prices.ts'
import { relativesOf } from './relatives.ts'
import { unrelatedOf } from './unrelated.ts'
import { isWhole } from './whole.ts'

/**
 * How early each task can start, and how much must follow its end, whatever the schedule.
 *
 * Heads are computed for every machine the task may run on: each predecessor either ran there too,
 * or ran on the machine where it ends first and then paid the cheapest transfer into this one. By
 * induction along the order no schedule does better: it, too, waits for each predecessor's end plus
 * the transfer. Tails are the same from the other side. This sees transfers that a path of least
 * processing times has to leave out: a chain pays for a move or stays on one machine.
 *
 * On graphs of up to some thousand tasks each task also waits for the work of all its predecessors,
 * however the machines share it, and is followed by that of all its successors (`relatives.ts`).
 */
export type HeadsTails = {
  /** The least start of each task. */
  readonly head: Float64Array
  /** The least time from the end of each task to the end of the schedule. */
  readonly tail: Float64Array
  /** The longest head, task and tail on one machine: a lower bound on the makespan. */
  readonly path: number
  /** Some head or tail is longer than its paths, for the work before or after it. */
  readonly raised: boolean
  /** By task and machine: the least start there, and the least time from that start to the end of all. */
  readonly begin: Float64Array
  readonly rest: Float64Array
}

/** Tables of tasks x machines beyond this take too long; one imagined fastest machine does then. */
const MAX_CELLS = 2e7
/** Pairs of relatives are quadratic. */
const MAX_RELATED = 4_000

export function headsAndTails(problem: Problem): HeadsTails {
  const flat =
    problem.edges.from.length === 0 || problem.tasks.length * problem.machines.length > MAX_CELLS
  const view = flat ? fastestMachineView(problem) : machineView(problem)
  const { times, machines } = view
  const tasks = problem.tasks.length
  const successors = successorsOf(problem.edges)
  const order = topologicalOrder(problem.edges, successors)
  const work = flat || tasks > MAX_RELATED ? undefined : pricedWork(problem)
  const begin = begins(problem, view, { order, work })
  const rest = rests(problem, view, { order, successors, work })
  const head = new Float64Array(tasks)
  const tail = new Float64Array(tasks)
  let path = 0
  for (let task = 0; task < tasks; task += 1) {
    let least = Number.POSITIVE_INFINITY
    head[task] = Number.POSITIVE_INFINITY
    tail[task] = Number.POSITIVE_INFINITY
    for (let at = task * machines; at < (task + 1) * machines; at += 1) {
      if (times[at] === Number.POSITIVE_INFINITY) continue
      least = Math.min(least, begin[at] + rest[at])
      head[task] = Math.min(head[task], begin[at])
      tail[task] = Math.min(tail[task], rest[at] - times[at])
    }
    // rest - time is rounded; a tail must never be too long.
    tail[task] = Math.max(0, tail[task] - least * 2 ** -51)
    path = Math.max(path, least)
  }
  return { head, tail, path, raised: work?.raised ?? false, begin, rest }
}

type Work = { readonly priced: Float64Array; readonly whole: boolean; raised: boolean }

function pricedWork(problem: Problem): Work {
  const view = unrelatedOf(problem)
  const cost = pricedTimes(view, relativeSpeeds(view))
  const priced = Float64Array.from(view.classOf, row => cost[row])
  return { priced, whole: isWhole(problem), raised: false }
}

type View = {
  readonly machines: number
  readonly times: Float64Array
  /** The least time of edge `edge` into, or out of, `machine` from or to another one. */
  readonly into: (edge: number, machine: number) => number
  readonly outOf: (edge: number, machine: number) => number
}

/** Least start of each task on each machine. */
function begins(
  problem: Problem,
  view: View,
  { order, work }: { readonly order: Int32Array; readonly work: Work | undefined },
): Float64Array {
  const { machines, times, into } = view
  const { firstEdge, from } = problem.edges
  const begin = new Float64Array(times.length)
  const firstEnd = new Float64Array(problem.tasks.length)
  const before = work && relativesOf(work)
  for (const task of order) {
    const row = task * machines
    begin.fill(problem.tasks[task].release, row, row + machines)
    for (let edge = firstEdge[task]; edge < firstEdge[task + 1]; edge += 1) {
      const source = from[edge] * machines
      before?.join(task, from[edge])
      for (let machine = 0; machine < machines; machine += 1) {
        const stayed = begin[source + machine] + times[source + machine]
        const moved = firstEnd[from[edge]] + into(edge, machine)
        const arrival = Math.min(stayed, moved)
        if (arrival > begin[row + machine]) begin[row + machine] = arrival
      }
    }
    if (work && before) {
      if (raise(begin, row, machines, before.around(task))) work.raised = true
      before.settle(task, leastRunnable(begin, times, row, machines))
    }
    firstEnd[task] = leastSum(begin, times, row, machines)
  }
  return begin
}

/** Least time from the start of each task on each machine to the end of the schedule. */
function rests(
  problem: Problem,
  view: View,
  graph: {
    readonly order: Int32Array
    readonly successors: ReturnType<typeof successorsOf>
    readonly work: Work | undefined
  },
): Float64Array {
  const { machines, times, outOf } = view
  const { firstEdge, to, edge: edges } = graph.successors
  const rest = new Float64Array(times.length)
  const leastRest = new Float64Array(problem.tasks.length)
  const following = graph.work && relativesOf(graph.work)
  for (const task of graph.order.toReversed()) {
    const row = task * machines
    for (let at = firstEdge[task]; at < firstEdge[task + 1]; at += 1) {
      const after = to[at] * machines
      following?.join(task, to[at])
      for (let machine = 0; machine < machines; machine += 1) {
        const moved = leastRest[to[at]] + outOf(edges[at], machine)
        const next = Math.min(rest[after + machine], moved)
        if (next > rest[row + machine]) rest[row + machine] = next
      }
    }
    if (graph.work && following) {
      if (raise(rest, row, machines, following.around(task))) graph.work.raised = true
      following.settle(task, leastRunnable(rest, times, row, machines))
    }
    let least = Number.POSITIVE_INFINITY
    for (let machine = 0; machine < machines; machine += 1) {
      rest[row + machine] += times[row + machine]
      least = Math.min(least, rest[row + machine])
    }
    leastRest[task] = least
  }
  return rest
}

function raise(values: Float64Array, row: number, count: number, least: number): boolean {
  let raised = false
  for (let at = row; at < row + count; at += 1) {
    if (values[at] >= least) continue
    values[at] = least
    raised = true
  }
  return raised
}

function leastRunnable(
  values: Float64Array,
  times: Float64Array,
  row: number,
  count: number,
): number {
  let least = Number.POSITIVE_INFINITY
  for (let at = row; at < row + count; at += 1) {
    if (times[at] < Number.POSITIVE_INFINITY && values[at] < least) least = values[at]
  }
  return least
}

function leastSum(a: Float64Array, b: Float64Array, row: number, count: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let at = row; at < row + count; at += 1) least = Math.min(least, a[at] + b[at])
  return least
}

function machineView(problem: Problem): View {
  const machines = problem.machines.length
  const { bytes, time } = problem.edges
  const network = problem.network
  const inLatency = new Float64Array(machines).fill(network === undefined ? 0 : Infinity)
  const outLatency = inLatency.slice()
  const inBandwidth = new Float64Array(machines).fill(network === undefined ? Infinity : 0)
  const outBandwidth = inBandwidth.slice()
  for (let link = 0; network !== undefined && link < machines * machines; link += 1) {
    const a = Math.floor(link / machines)
    const b = link % machines
    if (a === b) continue
    outLatency[a] = Math.min(outLatency[a], network.latency[link])
    inLatency[b] = Math.min(inLatency[b], network.latency[link])
    outBandwidth[a] = Math.max(outBandwidth[a], network.bandwidth[link])
    inBandwidth[b] = Math.max(inBandwidth[b], network.bandwidth[link])
  }
  const cost = (latency: Float64Array, bandwidth: Float64Array) => (edge: number, at: number) => {
    if (!Number.isNaN(time[edge])) return time[edge]
    return bytes[edge] === 0 ? latency[at] : latency[at] + bytes[edge] / bandwidth[at]
  }
  return {
    machines,
    times: problem.times,
    into: cost(inLatency, inBandwidth),
    outOf: cost(outLatency, outBandwidth),
  }
}

/** One machine that runs every task in its least time: nothing ever has to move. */
function fastestMachineView(problem: Problem): View {
  const machines = problem.machines.length
  const times = new Float64Array(problem.tasks.length)
  for (let task = 0; task < times.length; task += 1) {
    let least = Number.POSITIVE_INFINITY
    for (let at = task * machines; at < (task + 1) * machines; at += 1) {
      least = Math.min(least, problem.times[at])
    }
    times[task] = least
  }
  const free = (): number => 0
  return { machines: 1, times, into: free, outOf: free }
}
