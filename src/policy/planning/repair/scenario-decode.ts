import { type Dag, delayBetween } from '../search/dag.ts'
import type { Move } from '../search/dag-move.ts'
import type { DagPlan } from '../search/dag-plan.ts'
import { type Changes, changesFor, startLog } from '../search/dag-repair.ts'
import type { Scenarios } from './scenarios.ts'

/**
 * One plan of a graph, its order and machines, timed in all scenarios side by side: the edges are
 * passed over once for all of them. Of the plan itself only `order`, `position` and `machine` count.
 */
export type ScenarioPlan = {
  readonly dag: Dag
  readonly plan: DagPlan
  readonly count: number
  /** Row-major `tasks x count`, as all below. */
  readonly factor: Float64Array
  readonly end: Float64Array
  /** The least time from a task's end to the end of everything. */
  readonly tail: Float64Array
  /** Each machine's last task so far; -1: none. */
  readonly last: Int32Array
  /** Room for one task's times. */
  readonly row: Float64Array
  readonly log: Log
}

/** What a move changed, so that a rejected one costs no more than its own changes to take back. */
type Log = Changes & { readonly end: Float64Array }

/** `end` holds what has begun; the rest is timed here. */
export function scenarioPlan(
  dag: Dag,
  plan: DagPlan,
  { count, factor }: Scenarios,
  end: Float64Array,
): ScenarioPlan {
  const view: ScenarioPlan = {
    dag,
    plan,
    count,
    factor,
    end,
    tail: leastTails(dag, plan, { count, factor }),
    last: new Int32Array(dag.machines),
    row: new Float64Array(count),
    log: { ...changesFor(dag), end: new Float64Array(dag.tasks * count) },
  }
  setLastBefore(view, dag.begun)
  for (let at = dag.begun; at < dag.tasks; at += 1) {
    const task = plan.order[at]
    timeRow(view, task)
    end.set(view.row, task * count)
    view.last[plan.machine[task]] = task
  }
  return view
}

function leastTails(
  { tasks, machines, times, firstOut, to, begun }: Dag,
  { order }: DagPlan,
  { count, factor }: Pick<Scenarios, 'count' | 'factor'>,
): Float64Array {
  const tail = new Float64Array(tasks * count)
  const fastest = (task: number) => {
    let least = Number.POSITIVE_INFINITY
    for (let on = 0; on < machines; on += 1) least = Math.min(least, times[task * machines + on])
    return least
  }
  for (let at = tasks - 1; at >= begun; at -= 1) {
    const own = order[at] * count
    for (let out = firstOut[order[at]]; out < firstOut[order[at] + 1]; out += 1) {
      const least = fastest(to[out])
      for (let nth = 0, next = to[out] * count; nth < count; nth += 1) {
        const after = least * factor[next + nth] + tail[next + nth]
        if (after > tail[own + nth]) tail[own + nth] = after
      }
    }
  }
  return tail
}

/**
 * Sum over the scenarios of the makespan and a share of the mean machine end, which breaks ties
 * towards less idle time. Once every task has been timed or passed.
 */
export function sumOfMakespans({ count, end, last }: ScenarioPlan): number {
  let sum = 0
  for (let nth = 0; nth < count; nth += 1) {
    let [most, free] = [0, 0]
    for (let on = 0; on < last.length; on += 1) {
      if (last[on] < 0) continue
      const until = end[last[on] * count + nth]
      free += until
      if (until > most) most = until
    }
    sum += most + (idleShare * free) / last.length
  }
  return sum
}

const idleShare = 0.02

/** The same sum after `move`, or `Infinity` as soon as it is sure to exceed `limit`. */
export function repairScenarios(view: ScenarioPlan, move: Move, limit: number): number {
  const { dag, plan, count, end, tail, last, row, log } = view
  const { order, machine } = plan
  startLog(plan, move, log)
  setLastBefore(view, move.from)
  for (let at = move.from; at < order.length; at += 1) {
    const task = order[at]
    const on = machine[task]
    if (log.stale[task] !== log.now && log.changedMachine[on] === 0) {
      last[on] = task
      continue
    }
    timeRow(view, task)
    last[on] = task
    const own = task * count
    let changed = log.moved[task] === log.now
    let least = 0
    for (let nth = 0; nth < count; nth += 1) {
      if (row[nth] !== end[own + nth]) changed = true
      least += row[nth] + tail[own + nth]
    }
    log.changedMachine[on] = changed ? 1 : 0
    if (!changed) continue
    keepRow(view, task)
    if (least > limit) return Number.POSITIVE_INFINITY
    for (let out = dag.firstOut[task]; out < dag.firstOut[task + 1]; out += 1)
      log.stale[dag.to[out]] = log.now
  }
  return sumOfMakespans(view)
}

export function takeBackScenarios({ count, end, log }: ScenarioPlan): void {
  for (let at = 0; at < log.count; at += 1) {
    const own = log.task[at] * count
    for (let nth = 0; nth < count; nth += 1) end[own + nth] = log.end[at * count + nth]
  }
}

/** Logs the ends a task had, and gives it those of `row`. */
function keepRow({ count, end, row, log }: ScenarioPlan, task: number): void {
  const own = task * count
  log.task[log.count] = task
  for (let nth = 0; nth < count; nth += 1) {
    log.end[log.count * count + nth] = end[own + nth]
    end[own + nth] = row[nth]
  }
  log.count += 1
}

/** When the task ends in each scenario, on its machine after the last one there. */
function timeRow(view: ScenarioPlan, task: number): void {
  const { dag, plan, count, factor, end, last, row } = view
  const on = plan.machine[task]
  const release = dag.release[task]
  row.fill(release)
  if (last[on] >= 0) later(row, end, { from: last[on] * count, delay: 0 })
  for (let edge = dag.firstIn[task]; edge < dag.firstIn[task + 1]; edge += 1) {
    const before = dag.from[edge]
    const delay = delayBetween(dag, edge, plan.machine[before], on)
    later(row, end, { from: before * count, delay })
  }
  const time = dag.times[task * dag.machines + on]
  for (let nth = 0, own = task * count; nth < count; nth += 1) row[nth] += time * factor[own + nth]
}

function later(
  row: Float64Array,
  end: Float64Array,
  { from, delay }: { readonly from: number; readonly delay: number },
): void {
  for (let nth = 0; nth < row.length; nth += 1) {
    const arrival = end[from + nth] + delay
    if (arrival > row[nth]) row[nth] = arrival
  }
}

function setLastBefore({ plan, last }: ScenarioPlan, from: number): void {
  const { order, machine } = plan
  last.fill(-1)
  let missing = last.length
  for (let at = from - 1; at >= 0 && missing > 0; at -= 1) {
    const on = machine[order[at]]
    if (last[on] >= 0) continue
    last[on] = order[at]
    missing -= 1
  }
}
