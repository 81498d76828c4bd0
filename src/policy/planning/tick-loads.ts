import { ticksOf } from '../../model/horizon.ts'
import type { Problem } from '../../model/problem.ts'

/**
 * The processing time given to each machine so far, in whole ticks as a run counts: sums that differ in
 * their last digit alone are one there. Where nothing else makes a task wait, it is when the machine is free.
 */
export type TickLoads = {
  /** By machine. */
  readonly given: Float64Array
  give(task: number, machine: number): void
  /** The machine that would end the task first; the first of equals; -1 where none can run it. */
  soonestEnd(task: number): number
}

export function tickLoads(problem: Problem): TickLoads {
  const { times } = problem
  const machines = problem.machines.length
  const ticks = ticksOf(problem)
  const given = new Float64Array(machines)
  return {
    given,
    give(task, machine) {
      given[machine] += Math.round(times[task * machines + machine] * ticks)
    },
    soonestEnd: task => leastSum(given, times, task * machines, ticks),
  }
}

/** No callback: 100 million additions and comparisons matter. */
function leastSum(given: Float64Array, times: Float64Array, row: number, ticks: number): number {
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let machine = 0; machine < given.length; machine += 1) {
    const end = given[machine] + Math.round(times[row + machine] * ticks)
    if (end < least) {
      least = end
      best = machine
    }
  }
  return best
}
