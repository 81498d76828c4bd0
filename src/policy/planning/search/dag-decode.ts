import type { Schedule } from '../../../model/schedule.ts'
import { heap } from '../../../std/heap.ts'
import type { Dag } from './dag.ts'
import { type DagPlan, type Decoding, keep, latestEnd, setFreeBefore, startOn } from './dag-plan.ts'
import { decodeShared } from './dag-shared.ts'

/**
 * A plan of the tasks in the order they start, on the machines they have, as early as that allows.
 */
export function planOf(dag: Dag, schedule: Schedule): DagPlan {
  const order = orderByStart(dag, schedule)
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
    free[on] = done
    if (done + tail[task] > limit) {
      if (undo !== undefined) undo.until = at + 1
      return Number.POSITIVE_INFINITY
    }
  }
  if (undo !== undefined) undo.until = order.length
  return latestEnd(plan)
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

/**
 * By start, what takes no time before what starts there, but never a task before its predecessors,
 * whatever rounding did to the times.
 */
function orderByStart(dag: Dag, { start, end }: Schedule): Int32Array {
  const { firstIn, firstOut, to, rank } = dag
  const missing = new Int32Array(dag.tasks)
  const ready = heap<number>(
    (a, b) =>
      start[a] - start[b] ||
      Number(end[a] > start[a]) - Number(end[b] > start[b]) ||
      rank[a] - rank[b],
  )
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
