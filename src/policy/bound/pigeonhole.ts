import type { Problem } from '../../model/problem.ts'

/**
 * On m identical machines one of the k m + 1 longest tasks' machines gets k + 1 of them, so the
 * makespan is at least the k + 1 shortest of these added up, for every k. With k = 1: the m-th and
 * (m + 1)-th longest together. 0 where machines differ or share capacity. Folklore; in Dell'Amico
 * and Martello 1995 as L3's base.
 */
export function pigeonholeBound(problem: Problem): number {
  const machines = problem.machines.length
  if (!identical(problem)) return 0
  const times = Float64Array.from(problem.tasks, (_, task) => problem.times[task * machines])
  times.sort().reverse()
  let best = 0
  for (let k = 1; k * machines < times.length; k += 1) {
    const last = k * machines
    let sum = 0
    for (let at = last; at >= last - k; at -= 1) sum += times[at]
    best = Math.max(best, sum * (1 - (k + 1) * 2 ** -52))
  }
  return best
}

function identical(problem: Problem): boolean {
  const machines = problem.machines.length
  if (problem.machines.some(machine => machine.capacity !== undefined)) return false
  for (let at = 0; at < problem.times.length; at += 1) {
    if (problem.times[at] !== problem.times[at - (at % machines)]) return false
  }
  return true
}
