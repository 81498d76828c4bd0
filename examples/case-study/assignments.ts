import type { Problem } from '../../src/model/problem.ts'

/**
 * With 3 machines and 5 tasks there are 3^5 = 243 ways to place the tasks, few enough to look at all
 * of them. What is said about the case as a whole is counted here, by no algorithm of ours.
 */
export function everyAssignment(problem: Problem): readonly Placed[] {
  const machines = problem.machines.length
  const tasks = problem.tasks.length
  return Array.from({ length: machines ** tasks }, (_, number) => {
    const machine = Array.from(
      { length: tasks },
      (_, task) => Math.floor(number / machines ** task) % machines,
    )
    return placed(problem, machine)
  })
}

/** An assignment, and what becomes of it when every machine runs its tasks without a pause. */
export type Placed = {
  /** `machine[task]`, from 0. */
  readonly machine: readonly number[]
  /** `load[machine]`: the sum of its processing times. */
  readonly load: readonly number[]
  readonly makespan: number
  /** The sum of all loads: what the article minimises. */
  readonly sum: number
}

export function placed(problem: Problem, machine: readonly number[]): Placed {
  const load = problem.machines.map(() => 0)
  machine.forEach((at, task) => {
    load[at] += problem.times[task * problem.machines.length + at]
  })
  return { machine, load, makespan: Math.max(...load), sum: sumOf(load) }
}

/** Thirds are no binary fractions: sums of them differ in the last digits, by the order of adding. */
export const same = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9

export const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Share of the machines' time that is busy, all machines counting alike. */
export function busyShare(problem: Problem, { sum, makespan }: Placed): number {
  return sum / (problem.machines.length * makespan)
}

/** Work done over work possible: a slow machine that is busy earns less. */
export function workShare(problem: Problem, { load, makespan }: Placed): number {
  const speeds = problem.machines.map(({ speed }) => speed)
  return sumOf(load.map((time, at) => time * speeds[at])) / (makespan * sumOf(speeds))
}
