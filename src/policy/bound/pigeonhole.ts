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
  const upTo = new Float64Array(times.length + 1)
  for (let at = 0; at < times.length; at += 1) upTo[at + 1] = upTo[at] + times[at]
  let [most, likeliest] = [0, 0]
  for (let k = 1; k * machines < times.length; k += 1) {
    const last = k * machines
    const sum = upTo[last + 1] - upTo[last - k]
    if (sum <= most) continue
    most = sum
    likeliest = k
  }
  // Differences of sums are rounded as the sums are: what is proved is added up anew.
  const last = likeliest * machines
  let sum = 0
  for (let at = last; likeliest > 0 && at >= last - likeliest; at -= 1) sum += times[at]
  return sum * (1 - (likeliest + 1) * 2 ** -52)
}

function identical(problem: Problem): boolean {
  const machines = problem.machines.length
  if (problem.machines.some(machine => machine.capacity !== undefined)) return false
  for (let at = 0; at < problem.times.length; at += 1) {
    if (problem.times[at] !== problem.times[at - (at % machines)]) return false
  }
  return true
}
