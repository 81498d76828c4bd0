import type { Prng } from '../../../std/prng.ts'
import { type Dag, delayBetween } from './dag.ts'
import type { DagPlan } from './dag-plan.ts'

/**
 * One critical path of a decoded plan, from its last task back: each task starts exactly when its
 * predecessor on the path lets it, by data or by machine. Shortening the schedule takes a change to
 * some task on it. Where several tie, one is drawn. The same back from any other task: what it
 * waits for.
 */
export function criticalTasks(
  dag: Dag,
  plan: DagPlan,
  random: Prng,
  last = lastTask(plan),
): Int32Array {
  const path: number[] = []
  let task = last
  while (task >= 0) {
    path.push(task)
    task = holding(dag, plan, task, random)
  }
  return Int32Array.from(path)
}

function lastTask(plan: DagPlan): number {
  let last = -1
  let latest = Number.NEGATIVE_INFINITY
  for (let task = 0; task < plan.end.length; task += 1) {
    if (plan.end[task] > latest) {
      latest = plan.end[task]
      last = task
    }
  }
  return last
}

/** What the task waited for; -1 if nothing but its release. */
function holding(dag: Dag, plan: DagPlan, task: number, random: Prng): number {
  const { start, end, machine } = plan
  const begin = start[task]
  if (begin <= dag.release[task]) return -1
  const on = machine[task]
  let found = dag.shared ? roomBefore(plan, task, random) : machineBefore(plan, task)
  if (found >= 0 && end[found] !== begin) found = -1
  for (let edge = dag.firstIn[task]; edge < dag.firstIn[task + 1]; edge += 1) {
    const before = dag.from[edge]
    if (end[before] + delayBetween(dag, edge, machine[before], on) !== begin) continue
    if (found < 0 || random.next() < 0.5) found = before
  }
  return found
}

function machineBefore(plan: DagPlan, task: number): number {
  const { order, machine, position, start, end } = plan
  if (start[task] === end[task]) return -1
  for (let at = position[task] - 1; at >= 0; at -= 1) {
    const before = order[at]
    if (machine[before] === machine[task] && end[before] > start[before]) return before
  }
  return -1
}

/** One that ended there when the task began, where several run at once. */
function roomBefore({ machine, start, end }: DagPlan, task: number, random: Prng): number {
  const [begin, on] = [start[task], machine[task]]
  let found = -1
  for (let other = 0; other < end.length; other += 1) {
    if (end[other] !== begin || machine[other] !== on || start[other] === begin) continue
    if (found < 0 || random.next() < 0.5) found = other
  }
  return found
}
