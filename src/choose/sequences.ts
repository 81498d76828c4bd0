import { lateFrom, type Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import type { SummedObjective } from './late-acceptance.ts'

/**
 * Independent tasks, one at a time on each machine: a schedule is a sequence per machine, and its value
 * under an objective that is a sum over tasks the sum of its machines' lines.
 */
export const isSequences = ({ machines, edges }: Problem): boolean =>
  edges.from.length === 0 && machines.every(({ capacity }) => capacity === undefined)

/** When each machine is through with what runs there already, which is moved nowhere. */
export function freeAt(
  { underway = 0, machines, times }: Problem,
  { machine }: Schedule,
): Float64Array {
  const free = new Float64Array(machines.length)
  for (let task = 0; task < underway; task += 1)
    free[machine[task]] += times[task * machines.length + machine[task]]
  return free
}

/** What each machine is to run, in the order of its start; without what runs there already. */
export function sequencesOf(problem: Problem, { machine, start, end }: Schedule): number[][] {
  const { underway = 0 } = problem
  const sequences: number[][] = problem.machines.map(() => [])
  machine.forEach((on, task) => {
    if (task >= underway) sequences[on].push(task)
  })
  for (const tasks of sequences) {
    tasks.sort((a, b) => start[a] - start[b] || end[a] - end[b] || a - b)
  }
  return sequences
}

/** Each machine runs what it ran already, then its sequence: every task as soon as it may. */
export function scheduleOf(
  { underway = 0, tasks, times, machines }: Problem,
  incumbent: Schedule,
  sequences: readonly (readonly number[])[],
): Schedule {
  const machine = incumbent.machine.slice()
  const start = new Float64Array(tasks.length)
  const end = new Float64Array(tasks.length)
  const free = new Float64Array(machines.length)
  const run = (task: number, on: number): void => {
    machine[task] = on
    start[task] = Math.max(free[on], tasks[task].release)
    end[task] = free[on] = start[task] + times[task * machines.length + on]
  }
  for (let task = 0; task < underway; task += 1) run(task, machine[task])
  sequences.forEach((sequence, on) => {
    for (const task of sequence) run(task, on)
  })
  return { machine, start, end }
}

/** A machine, and when its sequence may begin. */
type Line = { readonly on: number; readonly now: number }

/** What a machine's sequence comes to. */
export const lineUnder = (objective: SummedObjective) =>
  objective === 'mean-flow-time' ? flowOf : tardinessOf

function flowOf({ tasks, times, machines }: Problem, sequence: readonly number[], from: Line) {
  const { on } = from
  let [now, value] = [from.now, 0]
  for (const task of sequence) {
    const { release } = tasks[task]
    now = Math.max(now, release) + times[task * machines.length + on]
    value += now - release
  }
  return { value, makespan: now }
}

function tardinessOf({ tasks, times, machines }: Problem, sequence: readonly number[], from: Line) {
  const { on } = from
  let [now, value] = [from.now, 0]
  for (const task of sequence) {
    const { release, weight } = tasks[task]
    const due = lateFrom(tasks[task])
    now = Math.max(now, release) + times[task * machines.length + on]
    if (now > due) value += weight * (now - due)
  }
  return { value, makespan: now }
}
