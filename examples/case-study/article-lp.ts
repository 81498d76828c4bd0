import type { LinearProgram } from '../../src/model/linear-program.ts'
import type { Problem } from '../../src/model/problem.ts'
import type { Solver } from '../../src/port/solver.ts'

/**
 * The linear program of section 4.2.3 to the letter: minimise (or maximise) the sum of all L_ij,
 * under sum_i L_ij = T_j and L_ij >= 0. Its constraints fix its objective at the sum of all T_j, so
 * the least and the greatest value are the same and no solution is better than another.
 */
export async function articleObjective(
  problem: Problem,
  solver: Solver,
  aim: 'least' | 'greatest',
): Promise<number> {
  const program = articleProgram(problem, aim === 'least' ? 1 : -1)
  const solved = await solver.solve(program, { timeLimitMs: 5_000 })
  if (solved.kind !== 'optimal') throw new Error(`the solver answered: ${solved.kind}`)
  return solved.values.reduce((a, b) => a + b, 0)
}

/** A column per pair of machine and task, a row per task. */
function articleProgram(problem: Problem, cost: 1 | -1): LinearProgram {
  const machines = problem.machines.length
  const work = workOf(problem)
  const pairs = machines * work.length
  return {
    cost: new Float64Array(pairs).fill(cost),
    lower: new Float64Array(pairs),
    upper: new Float64Array(pairs).fill(Infinity),
    rowLower: Float64Array.from(work),
    rowUpper: Float64Array.from(work),
    first: Int32Array.from({ length: pairs + 1 }, (_, column) => column),
    row: Int32Array.from({ length: pairs }, (_, column) => Math.floor(column / machines)),
    value: new Float64Array(pairs).fill(1),
  }
}

/** T_j: the time on a machine of speed 1. */
export function workOf(problem: Problem): readonly number[] {
  return problem.tasks.map(
    (_, task) => problem.times[task * problem.machines.length] * problem.machines[0].speed,
  )
}
