import type { Dag } from './dag.ts'
import type { Move } from './dag-move.ts'
import { type DagPlan, latestEnd, setFreeBefore, startOn } from './dag-plan.ts'

/** What a move changed, and the times from before. */
type ChangeLog = Changes & { readonly start: Float64Array; readonly end: Float64Array }

export type Changes = {
  count: number
  readonly task: Int32Array
  /** `stale[task] === now`: some predecessor has changed. */
  readonly stale: Int32Array
  /** `moved[task] === now`: the move put it elsewhere. */
  readonly moved: Int32Array
  now: number
  /** Machines whose last task passed has changed. */
  readonly changedMachine: Uint8Array
}

export const changeLogFor = (dag: Dag): ChangeLog => ({
  ...changesFor(dag),
  start: new Float64Array(dag.tasks),
  end: new Float64Array(dag.tasks),
})

export const changesFor = (dag: Dag): Changes => ({
  count: 0,
  task: new Int32Array(dag.tasks),
  stale: new Int32Array(dag.tasks),
  moved: new Int32Array(dag.tasks),
  now: 0,
  changedMachine: new Uint8Array(dag.machines),
})

/**
 * Brings start and end times up to date after a move, touching only what the move delays or
 * advances. A task can change only if a predecessor's end did, or the end of the task before it on
 * its machine; all others are passed by in a few instructions. What changed is logged, so that a
 * rejected move costs no more than its own changes to take back. Answers the makespan, or `Infinity` as
 * soon as it is sure to exceed `limit`.
 */
export function repair(
  dag: Dag,
  plan: DagPlan,
  how: { readonly move: Move; readonly limit: number; readonly log: ChangeLog },
): number {
  const { times, machines, tail } = dag
  const { order, machine, start, end, free } = plan
  const { move, limit, log } = how
  const { stale, changedMachine } = log
  startLog(plan, move, log)
  setFreeBefore(plan, move.from)
  const now = log.now
  for (let at = move.from; at < order.length; at += 1) {
    const task = order[at]
    const on = machine[task]
    if (stale[task] !== now && changedMachine[on] === 0) {
      free[on] = end[task]
      continue
    }
    const time = times[task * machines + on]
    const begin = startOn(dag, plan, task, on)
    const done = begin + time
    const moved = log.moved[task] === now
    free[on] = done
    changedMachine[on] = moved || done !== end[task] ? 1 : 0
    if (!moved && begin === start[task] && done === end[task]) continue
    const endChanged = moved || done !== end[task]
    logChange(plan, log, task)
    start[task] = begin
    end[task] = done
    if (done + tail[task] > limit) return Number.POSITIVE_INFINITY
    if (endChanged) markSuccessors(dag, log, task)
  }
  return latestEnd(plan)
}

export function takeBackRepair(plan: DagPlan, log: ChangeLog): void {
  for (let at = 0; at < log.count; at += 1) {
    plan.start[log.task[at]] = log.start[at]
    plan.end[log.task[at]] = log.end[at]
  }
}

/** Marks what the move itself touches. */
export function startLog(plan: DagPlan, move: Move, log: Changes): void {
  log.count = 0
  log.now += 1
  log.changedMachine.fill(0)
  moves(log, move.task)
  if (move.other >= 0) {
    moves(log, move.other)
    return
  }
  for (let at = 0; at < move.along; at += 1) moves(log, move.group[at])
  for (let at = 0; at < move.along; at += 1) {
    staleAfter(plan, log, plan.position[move.group[at]] + 1, move.oldMachine)
  }
  const left = move.newPosition > move.oldPosition ? move.oldPosition : move.oldPosition + 1
  staleAfter(plan, log, left, move.oldMachine)
}

function moves(log: Changes, task: number): void {
  log.stale[task] = log.now
  log.moved[task] = log.now
}

/** Whoever followed a task where it was now follows someone else. */
function staleAfter(plan: DagPlan, log: Changes, from: number, on: number): void {
  const { order, machine } = plan
  for (let at = from; at < order.length; at += 1) {
    const task = order[at]
    if (machine[task] !== on || log.moved[task] === log.now) continue
    log.stale[task] = log.now
    break
  }
}

function logChange(plan: DagPlan, log: ChangeLog, task: number): void {
  log.task[log.count] = task
  log.start[log.count] = plan.start[task]
  log.end[log.count] = plan.end[task]
  log.count += 1
}

function markSuccessors(dag: Dag, log: ChangeLog, task: number): void {
  for (let out = dag.firstOut[task], last = dag.firstOut[task + 1]; out < last; out += 1) {
    log.stale[dag.to[out]] = log.now
  }
}
