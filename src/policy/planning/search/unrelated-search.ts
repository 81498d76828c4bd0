import type { Problem } from '../../../model/problem.ts'
import { makespanOf, type Schedule } from '../../../model/schedule.ts'
import { prng } from '../../../std/prng.ts'
import { ascend } from '../../bound/ascent.ts'
import { unrelatedOf } from '../../bound/unrelated.ts'
import { scheduleOf } from '../assignment.ts'
import { mct } from '../mct.ts'
import type { PlanOptions } from '../planner.ts'
import { fillByPrices } from '../price-fill.ts'
import { anneal, largest } from './assignment-anneal.ts'
import { type Core, coreOf } from './assignment-core.ts'

/**
 * Search for independent tasks on unrelated machines (R||Cmax): only who runs what matters.
 *
 * First the prices of the LP bound, which say what a machine's time is worth and which pairs are
 * worth trying; then annealing over those pairs, each time longer, from the best schedule so far.
 */
export function* searchAssignments(
  problem: Problem,
  options: PlanOptions,
): Generator<Schedule | undefined, void, void> {
  const start = options.incumbent ?? firstOf(mct.plan(problem, options))
  const best = { machine: start.machine.slice(), makespan: makespanOf(start) }
  yield start
  const prices = { value: 0, lambda: new Float64Array(0) }
  const view = unrelatedOf(problem)
  for (const found of ascend(view)) {
    if (found && found.value > prices.value) Object.assign(prices, found)
    yield undefined
  }
  if (!(prices.value > 0)) return
  const filled = fillByPrices(view, prices.lambda, prices.value)
  const load = loadsOf(problem, filled)
  if (largest(load) < best.makespan) {
    best.makespan = largest(load)
    best.machine.set(filled)
    yield scheduleOf(problem, best.machine)
  }
  const bound = Math.max(prices.value, options.lowerBound ?? 0)
  const core = coreOf(problem, prices.lambda, { bound: prices.value, alternativesPerTask: 1 })
  if (core.pairTask.length === 0) return
  for (const improved of annealOnAndOn(problem, core, best, options.seed)) {
    yield improved ? scheduleOf(problem, best.machine) : undefined
    if (best.makespan <= bound * (1 + 1e-12)) return
  }
}

function* annealOnAndOn(
  problem: Problem,
  core: Core,
  best: { machine: Int32Array; makespan: number },
  seed: number,
): Generator<boolean, void, void> {
  const random = prng(seed, 1)
  for (let moves = firstCooling; ; moves = Math.min(moves * 2, longestCooling)) {
    const state = { machine: best.machine.slice(), load: loadsOf(problem, best.machine) }
    yield* anneal(core, state, best, { from: hot, to: cold, moves }, random)
  }
}

const firstCooling = 1_000_000
const longestCooling = 64_000_000
const hot = 1e-3
const cold = 1e-5

function loadsOf(problem: Problem, assignment: Int32Array): Float64Array {
  const machines = problem.machines.length
  const load = new Float64Array(machines)
  for (let task = 0; task < assignment.length; task += 1) {
    load[assignment[task]] += problem.times[task * machines + assignment[task]]
  }
  return load
}

function firstOf(plan: Generator<Schedule | undefined, void, void>): Schedule {
  const { value } = plan.next()
  if (!value) throw new Error('a constructive planner yields a schedule at its first step')
  return value
}
