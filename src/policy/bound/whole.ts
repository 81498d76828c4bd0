import type { Problem } from '../../model/problem.ts'

/**
 * All data are whole numbers, so some optimal schedule has whole times only: left-shifted, every
 * start is a sum of releases, processing times and transfers.
 */
export function isWhole(problem: Problem): boolean {
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
