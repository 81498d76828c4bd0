import type { Problem } from '../../../model/problem.ts'
import { makespanOf, type Schedule } from '../../../model/schedule.ts'
import { prng } from '../../../std/prng.ts'
import { ascend, wholeLimit } from '../../bound/ascent.ts'
import { toMakespan } from '../../bound/certified.ts'
import { unrelatedOf } from '../../bound/unrelated.ts'
import { makespanOfAssignment, scheduleOf } from '../assignment.ts'
import { firstOf } from '../constructive.ts'
import { mct } from '../mct.ts'
import type { PlanOptions } from '../planner.ts'
import { fillSteps } from '../price-fill.ts'
import { priced } from '../priced.ts'
import { risingPrices } from '../rising-prices.ts'
import { stateOf } from './assignment.ts'
import { anneal, type Best, chainsPerStep } from './assignment-anneal.ts'
import { type Core, coreSteps } from './assignment-core.ts'

/**
 * Search for independent tasks on unrelated machines (R||Cmax): only who runs what matters.
 *
 * Where no schedule is given it begins with a quick fill. Then the prices of the LP bound, which say what
 * a machine's time is worth and which pairs are worth trying; then annealing over those pairs, each time
 * longer, from the best schedule so far.
 */
export function* searchAssignments(
  problem: Problem,
  options: PlanOptions,
): Generator<Schedule | undefined, void, void> {
  const start = options.incumbent ?? firstOf(mct.plan(problem, options))
  const best: Best = { machine: start.machine.slice(), makespan: makespanOf(start) }
  yield start
  if (options.incumbent === undefined) {
    for (const found of quickFills(problem, options)) {
      const isBetter = found !== undefined && makespanOf(found) < best.makespan
      if (isBetter) take(found, best)
      yield isBetter ? found : undefined
    }
  }
  const prices = { value: 0, lambda: new Float64Array(0) }
  const view = unrelatedOf(problem)
  const fill = function* (lambda: Float64Array) {
    const filled = yield* fillSteps(view, lambda, prices.value)
    const makespan = makespanOfAssignment(view, filled)
    if (makespan >= best.makespan) return
    best.makespan = makespan
    best.machine.set(filled)
    yield scheduleOf(problem, best.machine)
  }
  const isLarge = view.classes * view.machines > wholeLimit
  for (const found of ascend(view)) {
    const better = found !== undefined && found.value > prices.value
    if (better) {
      Object.assign(prices, found)
      options.proved?.(toMakespan(view, found.value))
    }
    // The first prices, those of a sample, are near the last, which come seconds later.
    if (better && isLarge && best.makespan > found.value * nearEnough) yield* fill(found.lambda)
    else yield undefined
  }
  if (!(prices.value > 0)) return
  yield* fill(prices.lambda)
  const bound = Math.max(prices.value, options.lowerBound ?? 0) * (1 + 1e-12)
  if (best.makespan <= bound) return
  const core = yield* coreSteps(problem, prices)
  if (core.pairTask.length === 0) return
  for (const improved of annealOnAndOn(core, best, options)) {
    yield improved ? scheduleOf(problem, best.machine) : undefined
    if (best.makespan <= bound) return
  }
}

const nearEnough = 1.0005

/** Earliest completion may be twice as long as need be, and the prices below take a while. */
function* quickFills(problem: Problem, options: PlanOptions) {
  for (const planner of [priced, risingPrices])
    if (planner.refuses?.(problem) === undefined) yield* planner.plan(problem, options)
}

/** What others found meanwhile, if it is better. */
function take(offered: Schedule | undefined, best: Best): void {
  if (offered === undefined || makespanOf(offered) >= best.makespan) return
  best.makespan = makespanOf(offered)
  best.machine.set(offered.machine)
}

function* annealOnAndOn(
  core: Core,
  best: Best,
  options: PlanOptions,
): Generator<boolean, void, void> {
  const random = prng(options.seed, 1)
  // One move of a mean task changes the energy by about sqrt(machines) / tasks of the bound.
  const step = Math.min(0.5, Math.sqrt(core.machines) / core.cheapest.length)
  let chains = firstCooling
  // The LP's own choice first: it is the state that spends nothing, only out of balance.
  let start = core.cheapest
  for (;;) {
    const cooling = { from: hot * step, to: cold * step, chains }
    yield* anneal(core, stateOf(core, start), best, { cooling, random })
    take(options.offered?.(), best)
    start = best.machine
    chains = nextCooling(chains, options.stepsAhead?.() ?? Number.POSITIVE_INFINITY)
  }
}

/**
 * Twice as long as the one before, and as long as there is time where no longer one would come
 * after it: a cooling cut short was for nothing.
 */
function nextCooling(chains: number, stepsAhead: number): number {
  const doubled = Math.min(chains * 2, longestCooling)
  const left = stepsAhead * chainsPerStep * 0.98
  return left < 3 * doubled ? Math.min(Math.max(left, shortestCooling), longestCooling) : doubled
}

const shortestCooling = 100_000
const firstCooling = 500_000
const longestCooling = 32_000_000
/** In mean steps of energy; measured on 512 x 16. */
const hot = 0.064
const cold = 0.00128
