import type { Schedule } from '../../../model/schedule.ts'
import { type Dag, delayBetween } from './dag.ts'

/**
 * A schedule as a search sees it: one order of all tasks that respects precedence, and a machine
 * for each. Decoding goes through the order and starts every task as soon as its data and its
 * machine allow, so every order is feasible and some order gives an optimal schedule. (The encoding
 * of Wang, Siegel, Roychowdhury and Maciejewski 1997: scheduling string and matching string.)
 *
 * With `greedy`, decoding also chooses the machine: the one of least finish, as HEFT does. Machines
 * that run several tasks at once are filled by `dag-shared.ts`.
 */
export type DagPlan = {
  readonly order: Int32Array
  /** Where each task is in `order`. */
  readonly position: Int32Array
  readonly machine: Int32Array
  readonly start: Float64Array
  readonly end: Float64Array
  /** When each machine has done all it has been given; of the last decoding. */
  readonly free: Float64Array
  /** Room for the decoder: when a task's data is on each machine. */
  readonly ready: Float64Array
}

export type Decoding = {
  readonly from: number
  readonly limit: number
  readonly greedy: boolean
  readonly undo: Undo | undefined
}

type Undo = {
  readonly machine: Int32Array
  readonly start: Float64Array
  readonly end: Float64Array
  /** Positions decoded last, from `from` up to here. */
  until: number
}

export const undoFor = (dag: Dag): Undo => ({
  machine: new Int32Array(dag.tasks),
  start: new Float64Array(dag.tasks),
  end: new Float64Array(dag.tasks),
  until: 0,
})

/** Notes what is at a position before it is decoded. */
export function keep({ order, machine, start, end }: DagPlan, at: number, undo: Undo): void {
  const task = order[at]
  undo.machine[at] = machine[task]
  undo.start[at] = start[task]
  undo.end[at] = end[task]
}

/** Takes back a decoding from `from`; the order must still be the one that was decoded. */
export function takeBack(plan: DagPlan, from: number, undo: Undo): void {
  for (let at = from; at < undo.until; at += 1) {
    const task = plan.order[at]
    plan.machine[task] = undo.machine[at]
    plan.start[task] = undo.start[at]
    plan.end[task] = undo.end[at]
  }
}

export const scheduleOfPlan = (plan: DagPlan): Schedule => ({
  machine: plan.machine.slice(),
  start: plan.start.slice(),
  end: plan.end.slice(),
})

/** Sets `free` to what the tasks before `from` leave. */
export function setFreeBefore(plan: DagPlan, from: number): void {
  const { order, end, machine, free } = plan
  free.fill(-1)
  let missing = free.length
  for (let at = from - 1; at >= 0 && missing > 0; at -= 1) {
    const task = order[at]
    const on = machine[task]
    if (free[on] >= 0) continue
    free[on] = end[task]
    missing -= 1
  }
  for (let on = 0; on < free.length; on += 1) if (free[on] < 0) free[on] = 0
}

/** The makespan, once every task has been decoded or passed. */
export function latestEnd(plan: DagPlan): number {
  let latest = 0
  for (let on = 0; on < plan.free.length; on += 1) {
    if (plan.free[on] > latest) latest = plan.free[on]
  }
  return latest
}

/** When its data and its machine allow a task to start there. */
export function startOn(dag: Dag, plan: DagPlan, task: number, on: number): number {
  const begin = readyOn(dag, plan, task, on)
  const free = plan.free[on]
  return Math.max(free, begin)
}

/** When the release and the data of a task allow it to start there. */
export function readyOn(dag: Dag, plan: DagPlan, task: number, on: number): number {
  const { firstIn, from, delay, uniform } = dag
  const { end, machine } = plan
  let begin = dag.release[task]
  for (let edge = firstIn[task], last = firstIn[task + 1]; edge < last; edge += 1) {
    const before = from[edge]
    const arrival =
      machine[before] === on
        ? end[before]
        : end[before] + (uniform ? delay[edge] : delayBetween(dag, edge, machine[before], on))
    if (arrival > begin) begin = arrival
  }
  return begin
}
