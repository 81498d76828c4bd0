import type { Dag } from './dag.ts'
import { type Decoding, type DagPlan, keep, latestEnd, readyOn } from './dag-plan.ts'
import { earliestFit, emptyLines, occupy, type Shared } from './shared.ts'

/**
 * Decodes a plan onto machines that run several tasks at once: in the order of the plan each task
 * starts as soon as its data is there and its needs fit beside what is placed, gaps included (the
 * serial scheme of project scheduling: Kolisch 1996). Of the positions before `from` the times are
 * known; they only take their room.
 */
export function decodeShared(dag: Dag, shared: Shared, plan: DagPlan, how: Decoding): number {
  const { times, machines, tail } = dag
  const { order, machine, start, end, free } = plan
  const { undo, limit, from } = how
  emptyLines(shared)
  free.fill(0)
  for (let at = 0; at < order.length; at += 1) {
    const task = order[at]
    if (at >= from) {
      if (undo !== undefined) keep(plan, at, undo)
      if (how.greedy) machine[task] = fastestMachine(dag, shared, plan, task)
      start[task] = fitOn(dag, shared, plan, { task, on: machine[task] })
      end[task] = start[task] + times[task * machines + machine[task]]
    }
    const on = machine[task]
    occupy(shared, on, { task, start: start[task], end: end[task] })
    if (end[task] > free[on]) free[on] = end[task]
    if (end[task] + tail[task] > limit) {
      if (undo !== undefined) undo.until = at + 1
      return Number.POSITIVE_INFINITY
    }
  }
  if (undo !== undefined) undo.until = order.length
  return latestEnd(plan)
}

type Where = { readonly task: number; readonly on: number }

function fitOn(dag: Dag, shared: Shared, plan: DagPlan, { task, on }: Where): number {
  const ready = readyOn(dag, plan, task, on)
  return earliestFit(shared, on, { task, ready, time: dag.times[task * dag.machines + on] })
}

/** Least finish; of equals the lowest index. */
function fastestMachine(dag: Dag, shared: Shared, plan: DagPlan, task: number): number {
  let chosen = -1
  let least = Number.POSITIVE_INFINITY
  for (let on = 0; on < dag.machines; on += 1) {
    const time = dag.times[task * dag.machines + on]
    if (time === Number.POSITIVE_INFINITY) continue
    const done = fitOn(dag, shared, plan, { task, on }) + time
    if (done >= least) continue
    least = done
    chosen = on
  }
  return chosen
}
