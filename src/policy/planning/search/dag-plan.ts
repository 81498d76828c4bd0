import type { Schedule } from '../../../model/schedule.ts'
import { heap } from '../../../std/heap.ts'
import { type Dag, delayBetween } from './dag.ts'
import { decodeShared } from './dag-shared.ts'

/**
 * A schedule as a search sees it: one order of all tasks that respects precedence, and a machine
 * for each. Decoding goes through the order and starts every task as soon as its data and its
 * machine allow, so every order is feasible and some order gives an optimal schedule. (The encoding
 * of Wang, Siegel, Roychowdhury and Maciejewski 1997: scheduling string and matching string.)
 *
 * With `greedy`, decoding also chooses the machine: the one of least finish, as HEFT does. Machines that
 * run several tasks at once are filled by `dag-shared.ts`.
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

export function planOf(dag: Dag, schedule: Schedule): DagPlan {
  const order = orderByStart(dag, schedule.start)
  const position = new Int32Array(dag.tasks)
  order.forEach((task, at) => {
    position[task] = at
  })
  const plan = {
    order,
    position,
    machine: schedule.machine.slice(),
    start: new Float64Array(dag.tasks),
    end: new Float64Array(dag.tasks),
    free: new Float64Array(dag.machines),
    ready: new Float64Array(dag.machines),
  }
  decode(dag, plan, { from: 0, limit: Number.POSITIVE_INFINITY, greedy: false, undo: undefined })
  return plan
}

export type Decoding = {
  readonly from: number
  readonly limit: number
  readonly greedy: boolean
  readonly undo: Undo | undefined
}

export type Undo = {
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

/**
 * Decodes the positions from `from` on; what comes before must be decoded already. Gives the
 * makespan, or `Infinity` as soon as it is sure to exceed `limit`. `undo` keeps what was there.
 */
export function decode(dag: Dag, plan: DagPlan, how: Decoding): number {
  const { times, machines, tail } = dag
  const { order, machine, start, end, free } = plan
  const { undo, limit } = how
  if (dag.shared) return decodeShared(dag, dag.shared, plan, how)
  setFreeBefore(plan, how.from)
  for (let at = how.from; at < order.length; at += 1) {
    const task = order[at]
    if (undo !== undefined) keep(plan, at, undo)
    if (how.greedy) machine[task] = fastestMachine(dag, plan, task)
    const on = machine[task]
    const time = times[task * machines + on]
    const begin = startOn(dag, plan, task, on)
    const done = begin + time
    start[task] = begin
    end[task] = done
    if (time > 0) free[on] = done
    if (done + tail[task] > limit) {
      if (undo !== undefined) undo.until = at + 1
      return Number.POSITIVE_INFINITY
    }
  }
  if (undo !== undefined) undo.until = order.length
  return latestEnd(dag, plan)
}

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
  const { order, end, start, machine, free } = plan
  free.fill(-1)
  let missing = free.length
  for (let at = from - 1; at >= 0 && missing > 0; at -= 1) {
    const task = order[at]
    const on = machine[task]
    if (free[on] >= 0 || end[task] === start[task]) continue
    free[on] = end[task]
    missing -= 1
  }
  for (let on = 0; on < free.length; on += 1) if (free[on] < 0) free[on] = 0
}

/** The makespan, once every task has been decoded or passed. */
export function latestEnd(dag: Dag, plan: DagPlan): number {
  let latest = 0
  for (let on = 0; on < plan.free.length; on += 1) {
    if (plan.free[on] > latest) latest = plan.free[on]
  }
  for (const task of dag.instant) if (plan.end[task] > latest) latest = plan.end[task]
  return latest
}

/** A task of no duration takes no room, so it need not wait for its machine. */
export function startOn(dag: Dag, plan: DagPlan, task: number, on: number): number {
  const begin = readyOn(dag, plan, task, on)
  const free = plan.free[on]
  return free > begin && dag.times[task * dag.machines + on] > 0 ? free : begin
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

/** Least finish; of equals the machine that leaves the least idle time, then the lowest index. */
function fastestMachine(dag: Dag, plan: DagPlan, task: number): number {
  const { times, machines } = dag
  const { free, ready } = plan
  if (dag.uniform) setReady(dag, plan, task)
  let chosen = -1
  let least = Number.POSITIVE_INFINITY
  for (let on = 0; on < machines; on += 1) {
    const time = times[task * machines + on]
    if (time === Number.POSITIVE_INFINITY) continue
    const begin = dag.uniform ? Math.max(ready[on], free[on]) : startOn(dag, plan, task, on)
    const done = begin + time
    if (done < least || (done === least && free[on] > free[chosen])) {
      least = done
      chosen = on
    }
  }
  return chosen
}

/**
 * When the data of `task` is on each machine, in one pass over the edges: on any machine but its
 * own, the latest transfer counts; on its own, the latest from elsewhere.
 */
function setReady(dag: Dag, plan: DagPlan, task: number): void {
  const { firstIn, from, delay } = dag
  const { end, machine, ready } = plan
  ready.fill(dag.release[task])
  let latest = Number.NEGATIVE_INFINITY
  let latestFrom = -1
  let elsewhere = Number.NEGATIVE_INFINITY
  for (let edge = firstIn[task], last = firstIn[task + 1]; edge < last; edge += 1) {
    const before = from[edge]
    const on = machine[before]
    if (end[before] > ready[on]) ready[on] = end[before]
    const arrival = end[before] + delay[edge]
    if (on === latestFrom) {
      if (arrival > latest) latest = arrival
    } else if (arrival > latest) {
      elsewhere = latest
      latest = arrival
      latestFrom = on
    } else if (arrival > elsewhere) {
      elsewhere = arrival
    }
  }
  for (let on = 0; on < ready.length; on += 1) {
    const arrival = on === latestFrom ? elsewhere : latest
    if (arrival > ready[on]) ready[on] = arrival
  }
}

/** By start, but never a task before its predecessors, whatever rounding did to the times. */
function orderByStart(dag: Dag, start: Float64Array): Int32Array {
  const { firstIn, firstOut, to, rank } = dag
  const missing = new Int32Array(dag.tasks)
  const ready = heap<number>((a, b) => start[a] - start[b] || rank[a] - rank[b])
  for (let task = 0; task < dag.tasks; task += 1) {
    missing[task] = firstIn[task + 1] - firstIn[task]
    if (missing[task] === 0) ready.push(task)
  }
  const order = new Int32Array(dag.tasks)
  for (let at = 0; at < dag.tasks; at += 1) {
    const task = ready.pop() as number
    order[at] = task
    for (let out = firstOut[task]; out < firstOut[task + 1]; out += 1) {
      missing[to[out]] -= 1
      if (missing[to[out]] === 0) ready.push(to[out])
    }
  }
  return order
}
