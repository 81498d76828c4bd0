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
  readonly machines: number
  readonly bound: number
  /** Row-major `tasks x machines`, as in the problem. */
  readonly times: Float64Array
  /** What each pair costs the bound, in units of time; `Infinity` where it can never run. */
  readonly reduced: Float64Array
  /** Weight of each machine's excess in the energy; they sum to 1. */
  readonly weight: Float64Array
  /** Each task's cheapest machine. */
  readonly cheapest: Int32Array
  /** The pairs worth trying, by task: none for a task that is best left where it is cheapest. */
  readonly firstPair: Int32Array
  readonly pairTask: Int32Array
  readonly pairMachine: Int32Array
}

type Prices = { readonly value: number; readonly lambda: Float64Array }

/** In steps: of ten million pairs it takes most of a second. */
export function* coreSteps(problem: Problem, prices: Prices): Generator<undefined, Core, void> {
  const machines = problem.machines.length
  const { times } = problem
  const kindOf = kindsOf(problem)
  const lambda = evenWithin(kindOf, prices.lambda)
  const { reduced, cheapest } = yield* reducedCosts(problem, lambda)
  const limit = cheapestOverall(reduced, { kindOf, cheapest }, alternativesPerTask)
  yield undefined
  const inCore = new Uint8Array(times.length)
  for (let at = 0; at < times.length; at += 1) if (reduced[at] <= limit) inCore[at] = 1
  yield* markCheapestPerMachine(reduced, machines, inCore)
  yield undefined
  return {
    machines,
    bound: prices.value,
    times,
    reduced,
    weight: lambda.map(price => (price + 1 / machines) / 2),
    cheapest,
    ...pairsOf(inCore, machines),
  }
}

/** Machines alike for every task are of one kind, which bears the number of the first of them. */
function kindsOf({ times, machines, tasks }: Problem): Int32Array {
  const count = machines.length
  const kindOf = Int32Array.from({ length: count }, (_, machine) => machine)
  // Columns that agree on a few tasks are likely equal; only those are compared in full.
  const firstAlike = new Map<string, number>()
  const sampled = Math.max(1, Math.floor(tasks.length / 16))
  for (let machine = 0; machine < count; machine += 1) {
    let key = ''
    for (let task = 0; task < tasks.length; task += sampled)
      key += `${times[task * count + machine]} `
    const first = firstAlike.get(key)
    if (first === undefined) firstAlike.set(key, machine)
    else if (sameColumn(times, count, first, machine)) kindOf[machine] = first
  }
  return kindOf
}

function sameColumn(times: Float64Array, machines: number, a: number, b: number): boolean {
  for (let row = 0; row < times.length; row += machines) {
    if (times[row + a] !== times[row + b]) return false
  }
  return true
}

/** No machine of a kind is worth more than another, though an ascent cut short may say so. */
function evenWithin(kindOf: Int32Array, lambda: Float64Array): Float64Array {
  const sums = new Float64Array(lambda.length)
  const counts = new Float64Array(lambda.length)
  kindOf.forEach((kind, machine) => {
    sums[kind] += lambda[machine]
    counts[kind] += 1
  })
  return lambda.map((_, machine) => sums[kindOf[machine]] / counts[kindOf[machine]])
}

/** Measured on 512 x 16: with half as many, single machines stay out of balance. */
const alternativesPerTask = 1
const leastPerMachine = 24
const sampleEntries = 400_000

const entriesPerStep = 1_000_000

function* reducedCosts(problem: Problem, lambda: Float64Array) {
  const machines = problem.machines.length
  const reduced = new Float64Array(problem.times.length)
  const cheapest = new Int32Array(problem.tasks.length)
  for (let task = 0, row = 0; row < reduced.length; task += 1, row += machines) {
    if (row % entriesPerStep < machines) yield undefined
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < machines; i += 1) {
      const time = problem.times[row + i]
      const cost = time === Number.POSITIVE_INFINITY ? time : lambda[i] * time
      reduced[row + i] = cost
      if (cost < least) {
        least = cost
        cheapest[task] = i
      }
    }
    for (let i = 0; i < machines; i += 1) reduced[row + i] -= least
  }
  return { reduced, cheapest }
}

/**
 * The cost that about `perTask` pairs per task do not exceed, besides those of the cheapest's kind: a kind
 * counts once, or among many machines alike no task would have another kind to go to.
 */
function cheapestOverall(
  reduced: Float64Array,
  machine: { readonly kindOf: Int32Array; readonly cheapest: Int32Array },
  perTask: number,
): number {
  const { kindOf, cheapest } = machine
  const machines = kindOf.length
  const tasks = reduced.length / machines
  const stride = Math.max(1, Math.floor(reduced.length / sampleEntries))
  const costs: number[] = []
  let sampled = 0
  for (let task = 0; task < tasks; task += stride) {
    sampled += 1
    for (let i = 0; i < machines; i += 1) {
      if (kindOf[i] !== i || i === kindOf[cheapest[task]]) continue
      const cost = reduced[task * machines + i]
      if (cost > 0 && cost < Number.POSITIVE_INFINITY) costs.push(cost)
    }
  }
  if (costs.length === 0) return 0
  const sorted = Float64Array.from(costs).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sampled * perTask))]
}

function* markCheapestPerMachine(
  reduced: Float64Array,
  machines: number,
  inCore: Uint8Array,
): Generator<undefined, void, void> {
  const tasks = reduced.length / machines
  const least = new Float64Array(Math.min(leastPerMachine, tasks))
  const every = Math.max(1, Math.floor(entriesPerStep / (4 * tasks)))
  for (let i = 0; i < machines; i += 1) {
    if (i % every === 0) yield undefined
    least.fill(Number.POSITIVE_INFINITY)
    for (let at = i; at < reduced.length; at += machines) insertLeast(least, reduced[at])
    const limit = least[least.length - 1]
    for (let at = i; at < reduced.length; at += machines) {
      if (reduced[at] <= limit && reduced[at] < Number.POSITIVE_INFINITY) inCore[at] = 1
    }
  }
}

/** Keeps `least` sorted, with the least values seen. */
function insertLeast(least: Float64Array, value: number): void {
  let at = least.length - 1
  if (!(value < least[at])) return
  for (; at > 0 && least[at - 1] > value; at -= 1) least[at] = least[at - 1]
  least[at] = value
}

function pairsOf(inCore: Uint8Array, machines: number) {
  const tasks = inCore.length / machines
  const firstPair = new Int32Array(tasks + 1)
  const pairTask: number[] = []
  const pairMachine: number[] = []
  for (let task = 0; task < tasks; task += 1) {
    let count = 0
    for (let i = 0; i < machines; i += 1) count += inCore[task * machines + i]
    for (let i = 0; i < machines && count > 1; i += 1) {
      if (inCore[task * machines + i] === 0) continue
      pairTask.push(task)
      pairMachine.push(i)
    }
    firstPair[task + 1] = pairTask.length
  }
  return {
    firstPair,
    pairTask: Int32Array.from(pairTask),
    pairMachine: Int32Array.from(pairMachine),
  }
}
