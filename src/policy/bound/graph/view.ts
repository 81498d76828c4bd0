import { successorsOf, topologicalOrder } from '../../../model/precedence.ts'
import { type Problem, transferTime } from '../../../model/problem.ts'
import { headsAndTails } from '../heads-tails.ts'
import { pricedTimes, relativeSpeeds } from '../prices.ts'
import { unrelatedOf } from '../unrelated.ts'
import { isWhole } from '../whole.ts'

/**
 * A graph as exhaustion sees it. Where nothing takes time between machines, those with equal times
 * are one class, of which only the times of becoming free matter; else each is a class of its own.
 *
 * Seen backwards, from the end to the beginning, it is such a graph again: same schedules,
 * mirrored.
 */
export type GraphView = {
  readonly tasks: number
  readonly classes: number
  /** Machines of each class, by index. */
  readonly members: readonly (readonly number[])[]
  /** Row-major `tasks x classes`, like all tables here. */
  readonly times: Float64Array
  /** The least time from a start there to the end of everything. */
  readonly rest: Float64Array
  /** The same from the other side: from the beginning to an end there. */
  readonly reach: Float64Array
  readonly release: Float64Array
  /** What each task waits for, and what waits for it. */
  readonly before: Neighbours
  readonly after: Neighbours
  /** A topological order. */
  readonly order: Int32Array
  /**
   * `moves[(edge * classes + a) * classes + b]`, the time from `a` to `b`; absent where nothing
   * takes any.
   */
  readonly moves: Float64Array | undefined
  /** The price of time on a machine of each class; over all machines they sum to at most 1. */
  readonly prices: Float64Array
  /** What a task pays at least; multiples of one power of two, so that sums are exact. */
  readonly priced: Float64Array
  readonly whole: boolean
}

/**
 * Neighbours of a task: `task[at]` by way of `edge[at]`, `at` from `first[task]` to `first[task +
 * 1]`.
 */
type Neighbours = {
  readonly first: Int32Array
  readonly task: Int32Array
  readonly edge: Int32Array
}

/** The view, or `undefined` where machines share capacity or the tables would be large. */
export function graphViewOf(problem: Problem): GraphView | undefined {
  const tasks = problem.tasks.length
  const machines = problem.machines.length
  if (tasks === 0 || tasks > MAX_TASKS) return undefined
  if (problem.machines.some(({ capacity }) => capacity !== undefined)) return undefined
  const edges = problem.edges.from.length
  const free = isFree(problem)
  if (!free && edges * machines * machines > MAX_MOVES) return undefined
  const members = free ? alikeMachines(problem) : problem.machines.map((_, on) => [on])
  const first = members.map(([on]) => on)
  const ofClasses = (table: Float64Array): Float64Array =>
    Float64Array.from({ length: tasks * first.length }, (_, at) => {
      const [task, k] = [Math.floor(at / first.length), at % first.length]
      return table[task * machines + first[k]]
    })
  const { begin, rest } = tablesOf(problem)
  const successors = successorsOf(problem.edges)
  const { prices, priced } = pricesOf(problem)
  return {
    tasks,
    classes: first.length,
    members,
    times: ofClasses(problem.times),
    rest: ofClasses(rest),
    reach: ofClasses(begin.map((start, at) => start + problem.times[at])),
    release: Float64Array.from(problem.tasks, ({ release }) => release),
    before: {
      first: problem.edges.firstEdge,
      task: problem.edges.from,
      edge: Int32Array.from(problem.edges.from.keys()),
    },
    after: { first: successors.firstEdge, task: successors.to, edge: successors.edge },
    order: topologicalOrder(problem.edges, successors),
    moves: free ? undefined : movesOf(problem),
    prices: Float64Array.from(first, on => prices[on]),
    priced,
    whole: isWhole(problem),
  }
}

const MAX_TASKS = 250
const MAX_MOVES = 1_000_000

/** Backwards, or `undefined` where releases hold: they would be due dates then. */
export function mirrored(view: GraphView): GraphView | undefined {
  if (view.release.some(release => release > 0)) return undefined
  const { classes, moves } = view
  const turned = moves?.map((_, at) => {
    const [edge, a, b] = [Math.floor(at / classes ** 2), Math.floor(at / classes), at]
    return moves[(edge * classes + (b % classes)) * classes + (a % classes)]
  })
  return {
    ...view,
    before: view.after,
    after: view.before,
    order: view.order.toReversed(),
    rest: view.reach,
    reach: view.rest,
    moves: turned,
  }
}

function isFree(problem: Problem): boolean {
  const machines = problem.machines.length
  for (let edge = 0; edge < problem.edges.from.length; edge += 1) {
    for (let link = 0; link < machines ** 2; link += 1) {
      if (transferTime(problem, edge, Math.floor(link / machines), link % machines) > 0)
        return false
    }
  }
  return true
}

function alikeMachines({ tasks, machines, times }: Problem): number[][] {
  const classes: number[][] = []
  const alike = (a: number, b: number) =>
    tasks.every(
      (_, task) => times[task * machines.length + a] === times[task * machines.length + b],
    )
  for (const on of machines.keys()) {
    const known = classes.find(([first]) => alike(first, on))
    if (known) known.push(on)
    else classes.push([on])
  }
  return classes
}

function tablesOf(problem: Problem) {
  const { begin, rest } = headsAndTails(problem)
  if (begin.length === problem.times.length) return { begin, rest }
  // Without edges it answers for one machine.
  const releases = problem.times.map(
    (_, at) => problem.tasks[Math.floor(at / problem.machines.length)].release,
  )
  return { begin: releases, rest: problem.times }
}

function movesOf(problem: Problem): Float64Array {
  const machines = problem.machines.length
  const links = machines ** 2
  return Float64Array.from({ length: problem.edges.from.length * links }, (_, at) => {
    const link = at % links
    const [edge, a] = [Math.floor(at / links), Math.floor(link / machines)]
    return transferTime(problem, edge, a, link % machines)
  })
}

function pricesOf(problem: Problem) {
  const view = unrelatedOf(problem)
  const speeds = relativeSpeeds(view)
  const total = speeds.reduce((sum, speed) => sum + speed, 0)
  const cost = pricedTimes(view, speeds)
  const all = view.classOf.reduce((sum, row) => sum + cost[row], 0)
  const unit = 2 ** (Math.ceil(Math.log2(Math.max(all, Number.MIN_VALUE))) - 48)
  const priced = Float64Array.from(view.classOf, row => Math.floor(cost[row] / unit) * unit)
  return { prices: speeds.map(speed => speed / total), priced }
}
