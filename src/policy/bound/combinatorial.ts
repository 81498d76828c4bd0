import type { Problem } from '../../model/problem.ts'
import { countingBound } from './counting.ts'
import { headsAndTails } from './heads-tails.ts'
import { intervalBound } from './interval.ts'
import { pigeonholeBound } from './pigeonhole.ts'
import { unrelatedOf } from './unrelated.ts'

/**
 * The best lower bound on the makespan that needs no solver, and which argument gave it. Each is
 * rounded down against floating point, so it holds exactly; where all data are whole numbers some
 * optimal schedule has whole times only, and the bound is rounded up to the next one.
 */
export function combinatorialBound(problem: Problem): CombinatorialBound {
  const headsTails = headsAndTails(problem)
  // Each step of the path rounds once, and a path has at most as many steps as tasks and edges.
  const steps = problem.edges.from.length === 0 ? 2 : 2 * problem.tasks.length
  const candidates: CombinatorialBound[] = [
    { name: 'critical path', value: headsTails.path * (1 - steps * 2 ** -52) },
    { name: 'load', value: intervalBound(unrelatedOf(problem), headsTails) },
    { name: 'pigeonhole', value: pigeonholeBound(problem) },
    { name: 'counting', value: countingBound(problem, headsTails) },
  ]
  const best = candidates.reduce((a, b) => (b.value > a.value ? b : a))
  return isWhole(problem) ? { ...best, value: Math.ceil(best.value - best.value * 1e-12) } : best
}

export type CombinatorialBound = {
  readonly value: number
  readonly name: 'critical path' | 'load' | 'pigeonhole' | 'counting'
}

/** Left-shifted, every start is a sum of releases, processing times and transfers. */
function isWhole(problem: Problem): boolean {
  const { bytes, time, from } = problem.edges
  const whole = (value: number): boolean =>
    Number.isInteger(value) || value === Number.POSITIVE_INFINITY
  for (let edge = 0; edge < from.length; edge += 1) {
    if (Number.isNaN(time[edge]) ? bytes[edge] > 0 : !whole(time[edge])) return false
  }
  // `every` with a callback takes seconds on 100 million times.
  for (let at = 0; at < problem.times.length; at += 1) if (!whole(problem.times[at])) return false
  return (
    problem.tasks.every(task => whole(task.release)) &&
    (problem.network?.latency.every(whole) ?? true)
  )
}
