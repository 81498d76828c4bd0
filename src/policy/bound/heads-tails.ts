import { successorsOf, topologicalOrder } from '../../model/precedence.ts'
import type { Problem } from '../../model/problem.ts'
import { type Joins, joinsOf } from './joins.ts'
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
 * At joins the predecessors of a task run on its machine one after another, or one of them moves
 * (`joins.ts`). On graphs of up to some thousand tasks each task also waits for the work of all its
 * predecessors, however the machines share it, and is followed by that of all its successors
 * (`relatives.ts`).
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
  /**
   * By task and machine: the least start there, and the least time from that start to the end of
   * all.
   */
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
  if (problem.edges.from.length === 0) return ofIndependent(problem, times)
  const successors = successorsOf(problem.edges)
  const order = topologicalOrder(problem.edges, successors)
  const work = flat || tasks > MAX_RELATED ? undefined : pricedWork(problem)
  const { firstEdge, from } = problem.edges
  const forwards: Way = {
    order,
    first: firstEdge,
    before: from,
    edge: Int32Array.from(from.keys()),
    into: view.into,
    outOf: view.outOf,
    release: Float64Array.from(problem.tasks, ({ release }) => release),
  }
  const backwards: Way = {
    order: order.toReversed(),
    first: successors.firstEdge,
    before: successors.to,
    edge: successors.edge,
    into: view.outOf,
    outOf: view.into,
    release: new Float64Array(tasks),
  }
  const ahead = leastStarts(problem, view, forwards, work)
  const behind = leastStarts(problem, view, backwards, work)
  const begin = ahead.begin
  const rest = behind.begin.map((start, at) => start + times[at])
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
      tail[task] = Math.min(tail[task], behind.begin[at])
    }
    path = Math.max(path, least)
  }
  return { head, tail, path, raised: ahead.raised || behind.raised, begin, rest }
}

/** Nothing comes before or after a task but its release. */
function ofIndependent({ tasks }: Problem, least: Float64Array): HeadsTails {
  const head = new Float64Array(tasks.length)
  let path = 0
  for (let task = 0; task < head.length; task += 1) {
    head[task] = least[task] < Number.POSITIVE_INFINITY ? tasks[task].release : least[task]
    path = Math.max(path, head[task] + least[task])
  }
  return {
    head,
    tail: new Float64Array(head.length),
    path,
    raised: false,
    begin: head,
    rest: least,
  }
}

type Work = { readonly priced: Float64Array; readonly whole: boolean }

function pricedWork(problem: Problem): Work {
  const view = unrelatedOf(problem)
  const cost = pricedTimes(view, relativeSpeeds(view))
  const priced = Float64Array.from(view.classOf, row => cost[row])
  return { priced, whole: isWhole(problem) }
}

type View = {
  readonly machines: number
  readonly times: Float64Array
  /** The least time of edge `edge` into, or out of, `machine` from or to another one. */
  readonly into: (edge: number, machine: number) => number
  readonly outOf: (edge: number, machine: number) => number
}

/** The graph from its beginning, or from its end, where what ends is what begins. */
type Way = {
  readonly order: Int32Array
  readonly first: Int32Array
  readonly before: Int32Array
  readonly edge: Int32Array
  readonly into: View['into']
  readonly outOf: View['outOf']
  readonly release: Float64Array
}

/**
 * Least start of each task on each machine; some are later than any path makes them where it says
 * so.
 */
function leastStarts(
  problem: Problem,
  view: View,
  way: Way,
  work: Work | undefined,
): { readonly begin: Float64Array; readonly raised: boolean } {
  const { machines, times } = view
  const { first, before, edge, into, release } = way
  const begin = new Float64Array(times.length)
  const firstEnd = new Float64Array(problem.tasks.length)
  const relatives = work && relativesOf(work)
  const joins = machines > 1 ? joinsAlong(problem, view, way, begin) : undefined
  let raised = false
  for (const task of way.order) {
    const row = task * machines
    begin.fill(release[task], row, row + machines)
    for (let at = first[task]; at < first[task + 1]; at += 1) {
      const source = before[at] * machines
      relatives?.join(task, before[at])
      for (let machine = 0; machine < machines; machine += 1) {
        const stayed = begin[source + machine] + times[source + machine]
        const moved = firstEnd[before[at]] + into(edge[at], machine)
        const arrival = Math.min(stayed, moved)
        if (arrival > begin[row + machine]) begin[row + machine] = arrival
      }
    }
    if (joins?.raise(task)) raised = true
    if (relatives) {
      if (raise(begin, row, machines, relatives.around(task))) raised = true
      relatives.settle(task, leastRunnable(begin, times, row, machines))
    }
    firstEnd[task] = leastSum(begin, times, row, machines)
    joins?.settle(task)
  }
  return { begin, raised }
}

function joinsAlong(problem: Problem, view: View, way: Way, begin: Float64Array): Joins {
  const rank = new Int32Array(problem.tasks.length)
  way.order.forEach((task, at) => {
    rank[task] = at
  })
  return joinsOf({
    ...way,
    tasks: problem.tasks.length,
    machines: view.machines,
    times: view.times,
    begin,
    rank,
    single: problem.machines.map(({ capacity }) => capacity === undefined),
    whole: isWhole(problem),
  })
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
      if (problem.times[at] < least) least = problem.times[at]
    }
    times[task] = least
  }
  const free = (): number => 0
  return { machines: 1, times, into: free, outOf: free }
}
