import { rankedBy } from '../../std/rank.ts'
import type { LpBound } from '../bound/certified.ts'
import type { Unrelated } from '../bound/unrelated.ts'
import { atOnce } from './planner.ts'
import { type Assignment, loadsOf, makespanOfAssignment } from './assignment.ts'
import { levelSteps } from './level-loads.ts'

/**
 * An assignment from machine prices, with no solver: each task goes to the machine where it pays
 * least among those it still fits before a target, or else to where it ends first. Tasks come in
 * order of what they pay plus thrice what missing their best machine would cost; targets rise from
 * the lower bound. The nearer the prices are to the LP's duals the better: 0.2 to 3 % over the LP
 * on the 512 x 16 matrices, in some milliseconds. (The weight 3 and the steps are measured; a
 * multiple-knapsack fill in the spirit of Martello and Toth 1981.)
 */
export function fillAtPrices(view: Unrelated, { lambda, value }: LpBound): Assignment {
  // Without a bound there are no prices to go by, only who ends first.
  return atOnce(fillSteps(view, lambda, value, value > 0 ? {} : { targets: 0 }))
}

/** The same in steps of one pass each. */
export function* fillSteps(
  view: Unrelated,
  lambda: Float64Array,
  bound: number,
  options: { readonly targets?: number } = {},
): Generator<undefined, Assignment, void> {
  const targets = options.targets ?? targetsFor(view)
  if (targets > 0 && view.tasks * view.machines > largeEntries) {
    yield undefined
    return yield* fillOnce(view, lambda, bound)
  }
  const order = byUrgency(view, lambda)
  yield undefined
  let best = fillTo(view, lambda, order, Infinity)
  let least = makespanOfAssignment(view, best)
  for (let target = 0; target < targets; target += 1) {
    yield undefined
    const k = Math.floor(((target + 0.5) * steps) / targets)
    const found = fillTo(view, lambda, order, bound * (1 + 0.001 * k * (1 + 0.1 * k)))
    const makespan = makespanOfAssignment(view, found)
    if (makespan < least) {
      best = found
      least = makespan
    }
  }
  if (!(bound > 0) || targets === 0) return best
  for (const start of [best, cheapestOf(view, lambda)]) {
    const levelled = yield* levelSteps(view, lambda, { assignment: start, bound })
    const makespan = makespanOfAssignment(view, levelled)
    if (makespan < least) {
      best = levelled
      least = makespan
    }
  }
  return best
}

/** Every task where it pays least: of all assignments the one that wastes nothing, but uneven. */
function cheapestOf(view: Unrelated, lambda: Float64Array): Assignment {
  const { machines, times } = view
  const ofClass = new Int32Array(view.classes)
  for (let c = 0; c < view.classes; c += 1) {
    let least = Infinity
    for (let machine = 0; machine < machines; machine += 1) {
      const price = lambda[machine] * times[c * machines + machine]
      // Not a number where what can never run meets a price of 0.
      if (!(price < least)) continue
      least = price
      ofClass[c] = machine
    }
  }
  return view.classOf.map(c => ofClass[c])
}

/** Each pass of a fill takes a tenth of a second and more: it has to be worth it. */
const largeEntries = 1_000_000

/**
 * Where each task pays least and then level, if that is nearly level; else what fits below the bound there, for
 * where machines differ in speed alone all pay the same everywhere.
 */
function* fillOnce(
  view: Unrelated,
  lambda: Float64Array,
  bound: number,
): Generator<undefined, Assignment, void> {
  const cheapest = cheapestOf(view, lambda)
  yield undefined
  if (overloadOf(view, cheapest) < littleOverload) {
    return yield* levelSteps(view, lambda, { assignment: cheapest, bound })
  }
  const order = byUrgency(view, lambda)
  yield undefined
  const filled = fillTo(view, lambda, order, bound * nearlyFull)
  yield undefined
  return yield* levelSteps(view, lambda, { assignment: filled, bound })
}

const nearlyFull = 1.0002
/** Of all work, above the mean of the machines. */
const littleOverload = 0.2

function overloadOf(view: Unrelated, assignment: Assignment): number {
  const load = loadsOf(view, assignment)
  const work = load.reduce((sum, on) => sum + on, 0)
  const mean = work / view.machines
  return load.reduce((sum, on) => sum + Math.max(0, on - mean), 0) / (work || 1)
}

const steps = 40

/** About ten million entries read in all, and at least one target. */
function targetsFor(view: Unrelated): number {
  return Math.max(1, Math.min(steps, Math.floor(10_000_000 / (view.tasks * view.machines + 1))))
}

function byUrgency(view: Unrelated, lambda: Float64Array): Int32Array {
  const urgency = new Float64Array(view.classes)
  for (let c = 0; c < view.classes; c += 1) {
    let least = Infinity
    let second = Infinity
    for (let machine = 0; machine < view.machines; machine += 1) {
      const price = lambda[machine] * view.times[c * view.machines + machine]
      if (price < least) {
        second = least
        least = price
      } else if (price < second) second = price
    }
    // A task only one machine can run has no choice to lose; it goes first.
    urgency[c] = second === Infinity ? Number.MAX_VALUE : least + 3 * (second - least)
  }
  const ranked = rankedBy(urgency.map(urgent => -urgent))
  return tasksByClass(view, ranked)
}

/** The tasks of one class after another; those of a class by index. */
function tasksByClass({ tasks, classOf, count }: Unrelated, ranked: Int32Array): Int32Array {
  const next = new Int32Array(count.length)
  let at = 0
  for (const c of ranked) {
    next[c] = at
    at += count[c]
  }
  const order = new Int32Array(tasks)
  for (let task = 0; task < tasks; task += 1) {
    order[next[classOf[task]]] = task
    next[classOf[task]] += 1
  }
  return order
}

function fillTo(
  view: Unrelated,
  lambda: Float64Array,
  order: Int32Array,
  target: number,
): Assignment {
  const { machines, times } = view
  const assignment = new Int32Array(view.tasks)
  const load = new Float64Array(machines)
  for (const task of order) {
    const base = view.classOf[task] * machines
    let least = Infinity
    let cheapest = -1
    let first = Infinity
    let earliest = -1
    for (let machine = 0; machine < machines; machine += 1) {
      const time = times[base + machine]
      const end = load[machine] + time
      if (end < first) {
        first = end
        earliest = machine
      }
      const price = lambda[machine] * time
      if (end <= target && price < least) {
        least = price
        cheapest = machine
      }
    }
    const chosen = cheapest >= 0 && target < Infinity ? cheapest : earliest
    assignment[task] = chosen
    load[chosen] += times[base + chosen]
  }
  return assignment
}

/**
 * About what filling takes, for whoever has a deadline: measured, three slow passes at the least.
 */
export function fillMilliseconds(view: Unrelated): number {
  return Math.max(3, targetsFor(view)) * view.tasks * view.machines * 8e-6
}
