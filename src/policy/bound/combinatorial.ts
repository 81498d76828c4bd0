import type { Problem } from '../../model/problem.ts'
import { countingBound } from './counting.ts'
import { headsAndTails } from './heads-tails.ts'
import { intervalBound } from './interval.ts'
import { pigeonholeBound } from './pigeonhole.ts'
import { shareTables } from './shares.ts'
import { unrelatedOf } from './unrelated.ts'
import { isWhole } from './whole.ts'

/**
 * The best lower bound on the makespan that needs no solver, and which argument gave it. Each is
 * rounded down against floating point, so it holds exactly; where all data are whole numbers some
 * optimal schedule has whole times only, and the bound is rounded up to the next one. `priced`: machine
 * prices are fitted elsewhere, which takes most of the time; then they are a guess by speeds here.
 */
export function combinatorialBound(
  problem: Problem,
  options: { readonly priced?: boolean } = {},
): CombinatorialBound {
  const headsTails = headsAndTails(problem)
  // Each step of the path rounds once, and a path has at most as many steps as tasks and edges.
  const steps = problem.edges.from.length === 0 ? 2 : 2 * problem.tasks.length
  const path: CombinatorialBound = {
    name: headsTails.raised ? 'critical path with loads' : 'critical path',
    value: headsTails.path * (1 - steps * 2 ** -52),
  }
  const others: CombinatorialBound[] = [
    { name: 'load', value: intervalBound(unrelatedOf(problem), headsTails, options) },
    { name: 'pigeonhole', value: pigeonholeBound(problem) },
    { name: 'counting', value: countingBound(problem, headsTails) },
  ]
  if (problem.machines.some(({ capacity }) => capacity !== undefined)) {
    for (const shares of shareTables(problem)) {
      others.push({ name: 'load', value: intervalBound(unrelatedOf(problem, shares), headsTails) })
    }
  }
  const candidates = headsTails.raised ? [...others, path] : [path, ...others]
  const value = candidates.reduce((most, candidate) => Math.max(most, candidate.value), 0)
  // Of arguments that differ by rounding alone the simplest.
  const name =
    candidates.find(candidate => candidate.value >= value * (1 - 1e-12))?.name ?? path.name
  const best = { name, value }
  return isWhole(problem) ? { ...best, value: Math.ceil(best.value - best.value * 1e-12) } : best
}

type CombinatorialBound = {
  readonly value: number
  readonly name: 'critical path' | 'critical path with loads' | 'load' | 'pigeonhole' | 'counting'
}
