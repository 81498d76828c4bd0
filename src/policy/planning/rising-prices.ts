import { dualBound, type LpBound, toMakespan } from '../bound/certified.ts'
import { wholeLimit } from '../bound/ascent.ts'
import { pricedTimes, relativeSpeeds } from '../bound/prices.ts'
import { type Unrelated, unrelatedOf, whyNotUnrelated } from '../bound/unrelated.ts'
import { type Assignment, makespanOfAssignment, scheduleOf } from './assignment.ts'
import type { Planner } from './planner.ts'

/**
 * Many independent tasks in a pass or a few: each goes where it pays least, and the price of a machine rises
 * exponentially with its load, so that whatever the prices lack is made up for as tasks come (Aspnes, Azar,
 * Fiat, Plotkin and Waarts 1997). Each pass begins with the prices that the one before ended at. On 100,000
 * tasks and 20 unrelated machines the first takes less than earliest completion does, and is 0.6 to 3 % over
 * the LP where that is 7 to 32 %; the third is 0.1 to 0.3 %.
 */
export const risingPrices: Planner = {
  name: 'rising-prices',
  source: 'exponential prices, Aspnes, Azar, Fiat, Plotkin and Waarts 1997, in several passes',
  refuses: problem =>
    whyNotUnrelated(problem) ??
    (isLarge(unrelatedOf(problem)) ? undefined : 'on few tasks others do better'),
  *plan(problem, { proved }) {
    const view = unrelatedOf(problem)
    let best: Assignment | undefined
    let least = Number.POSITIVE_INFINITY
    let pass = 0
    for (const { assignment, prices } of risingPasses(view)) {
      proved?.(toMakespan(view, prices.value))
      const makespan = makespanOfAssignment(view, assignment)
      pass += 1
      if (makespan < least) {
        best = assignment
        least = makespan
      }
      // The second makes up for most of what the first did not know yet; where a pass is short, both come first.
      if (pass === 1 && view.tasks * view.machines <= shortPass) continue
      yield best && scheduleOf(problem, best)
      best = undefined
    }
    if (best) yield scheduleOf(problem, best)
  },
}

/** Times read in some hundredths of a second. */
const shortPass = 4_000_000

const isLarge = ({ tasks, machines }: Unrelated): boolean => tasks * machines > wholeLimit

/** What each pass makes of all tasks, and the bound proved by the prices that it ended at. */
function* risingPasses(view: Unrelated): Generator<RisingPass, void, void> {
  const start = relativeSpeeds(view)
  let prices = { lambda: start, value: dualBound(view, start) }
  for (let pass = 0; pass < passes; pass += 1) {
    if (!(prices.value > 0 && prices.value < Number.POSITIVE_INFINITY)) return
    const { assignment, lambda } = onePass(view, prices)
    const value = dualBound(view, lambda)
    yield { assignment, prices: { lambda, value } }
    prices = { lambda, value: Math.max(value, prices.value) }
  }
}

type RisingPass = { readonly assignment: Assignment; readonly prices: LpBound }

const passes = 3

function onePass(view: Unrelated, { lambda: given, value }: LpBound) {
  const { tasks, machines, times, classOf } = view
  const lambda = aboveNothing(given)
  const assignment = new Int32Array(tasks)
  const cost = pricedTimes(view, lambda)
  const long = (value * longShare) / (machines * steepness)
  const begun = placeLongest(view, assignment, cost, long)
  const rate = begun.map(load => steepness / Math.max(value - load, value * leastRoom))
  const load = new Float64Array(machines)
  const price = lambda.slice()
  const stride = strideOf(tasks)
  for (let count = 0, task = 0; count < tasks; count += 1, task = (task + stride) % tasks) {
    if (cost[classOf[task]] > long) continue
    const row = classOf[task] * machines
    let least = Number.POSITIVE_INFINITY
    let on = -1
    for (let machine = 0; machine < machines; machine += 1) {
      const paid = price[machine] * times[row + machine]
      // Not a number where what can never run meets a price of 0.
      if (!(paid < least)) continue
      least = paid
      on = machine
    }
    assignment[task] = on
    load[on] += times[row + on]
    price[on] = lambda[on] * Math.exp(Math.min(highest, rate[on] * load[on]))
  }
  const most = price.reduce((a, b) => Math.max(a, b))
  return { assignment, lambda: price.map(paid => paid / most) }
}

/** Over a whole machine a price rises by e to this. */
const steepness = 10
/** Of what moves a price by e: longer tasks go first, longest first, to where they end first. */
const longShare = 0.5
/** Of the bound, on a machine that they fill. */
const leastRoom = 0.01
/** Exponent of a price. */
const highest = 200

/** A price of nothing would never rise. */
function aboveNothing(lambda: Float64Array): Float64Array {
  const most = lambda.reduce((a, b) => Math.max(a, b))
  return lambda.map(price => Math.max(price, most * 1e-6))
}

/** The load of each machine by the tasks that cost more than `long`. */
function placeLongest(view: Unrelated, assignment: Assignment, cost: Float64Array, long: number) {
  const { machines, times, classOf } = view
  const load = new Float64Array(machines)
  const longest: number[] = []
  for (let task = 0; task < classOf.length; task += 1) {
    if (cost[classOf[task]] > long) longest.push(task)
  }
  longest.sort((a, b) => cost[classOf[b]] - cost[classOf[a]] || a - b)
  for (const task of longest) {
    const row = classOf[task] * machines
    let on = 0
    for (let machine = 1; machine < machines; machine += 1) {
      if (load[machine] + times[row + machine] < load[on] + times[row + on]) on = machine
    }
    assignment[task] = on
    load[on] += times[row + on]
  }
  return load
}

/**
 * From task to task in an order that none of the input resembles: where one kind came after another the
 * prices would follow the kind. Near the golden section, and without a common divisor.
 */
function strideOf(tasks: number): number {
  let stride = Math.max(1, Math.floor(tasks * 0.618))
  while (divisorOf(stride, tasks) > 1) stride -= 1
  return stride
}

const divisorOf = (a: number, b: number): number => (b === 0 ? a : divisorOf(b, a % b))
