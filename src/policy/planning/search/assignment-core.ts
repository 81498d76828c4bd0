import type { Problem } from '../../../model/problem.ts'

/**
 * Which machines are worth trying for which task, by the prices of the LP bound.
 *
 * At the bound's prices, `lambda_i p_ij - min_k lambda_k p_kj` is what it costs the bound to run
 * task j on machine i. A schedule close to the bound can afford few such costs, so the search looks
 * only at the cheapest pairs: about one alternative per task overall, and enough for every machine
 * that each can be balanced. Source: column pricing for R||Cmax, Gogos, Valouxis, Alefragis,
 * Goulas, Voros and Housos 2016.
 */
export type Core = {
  /** Row-major `tasks x machines`, as in the problem. */
  readonly times: Float64Array
  /** The reduced cost of each pair, in units of time; `Infinity` where it can never run. */
  readonly reduced: Float64Array
  /** Weight of each machine's excess in the energy; they sum to 1. */
  readonly weight: Float64Array
  readonly bound: number
  /** The pairs worth trying, by machine: `firstPair[i]..firstPair[i + 1]` lead to machine i. */
  readonly pairTask: Int32Array
  readonly pairMachine: Int32Array
  readonly firstPair: Int32Array
}

export function coreOf(
  problem: Problem,
  lambda: Float64Array,
  options: { readonly bound: number; readonly alternativesPerTask: number },
): Core {
  const machines = problem.machines.length
  const { times } = problem
  const reduced = reducedCosts(problem, lambda)
  const limit = cheapestOverall(reduced, problem.tasks.length * options.alternativesPerTask)
  const inCore = new Uint8Array(times.length)
  for (let at = 0; at < times.length; at += 1) if (reduced[at] <= limit) inCore[at] = 1
  markCheapestPerMachine(reduced, machines, inCore)
  const pairs = pairsOf(inCore, machines)
  const weight = lambda.map(price => (price + 1 / machines) / 2)
  return { times, reduced, weight, bound: options.bound, ...pairs }
}

const leastPerMachine = 24

function reducedCosts(problem: Problem, lambda: Float64Array): Float64Array {
  const machines = problem.machines.length
  const reduced = new Float64Array(problem.times.length)
  for (let row = 0; row < reduced.length; row += machines) {
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < machines; i += 1) {
      const time = problem.times[row + i]
      const cost = time === Number.POSITIVE_INFINITY ? time : lambda[i] * time
      reduced[row + i] = cost
      if (cost < least) least = cost
    }
    for (let i = 0; i < machines; i += 1) reduced[row + i] -= least
  }
  return reduced
}

/** The reduced cost that `count` pairs with a cost above zero do not exceed. */
function cheapestOverall(reduced: Float64Array, count: number): number {
  const costs = reduced.filter(cost => cost > 0 && cost < Number.POSITIVE_INFINITY).sort()
  if (costs.length === 0) return 0
  return costs[Math.min(costs.length - 1, Math.floor(count))]
}

function markCheapestPerMachine(reduced: Float64Array, machines: number, inCore: Uint8Array): void {
  const tasks = reduced.length / machines
  const column = new Float64Array(tasks)
  for (let i = 0; i < machines; i += 1) {
    for (let task = 0; task < tasks; task += 1) column[task] = reduced[task * machines + i]
    const sorted = column.slice().sort()
    const limit = sorted[Math.min(tasks, leastPerMachine) - 1]
    for (let task = 0; task < tasks; task += 1) {
      if (column[task] <= limit && column[task] < Number.POSITIVE_INFINITY) {
        inCore[task * machines + i] = 1
      }
    }
  }
}

/** A task with one machine only never moves and is left out. */
function pairsOf(inCore: Uint8Array, machines: number) {
  const tasks = inCore.length / machines
  const firstPair = new Int32Array(machines + 1)
  const movable = new Uint8Array(tasks)
  for (let task = 0; task < tasks; task += 1) {
    let count = 0
    for (let i = 0; i < machines; i += 1) count += inCore[task * machines + i]
    if (count > 1) movable[task] = 1
  }
  const pairTask: number[] = []
  const pairMachine: number[] = []
  for (let i = 0; i < machines; i += 1) {
    firstPair[i] = pairTask.length
    for (let task = 0; task < tasks; task += 1) {
      if (movable[task] === 0 || inCore[task * machines + i] === 0) continue
      pairTask.push(task)
      pairMachine.push(i)
    }
  }
  firstPair[machines] = pairTask.length
  return {
    pairTask: Int32Array.from(pairTask),
    pairMachine: Int32Array.from(pairMachine),
    firstPair,
  }
}
