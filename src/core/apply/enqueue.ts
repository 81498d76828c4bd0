import { mark } from '../marks.ts'
import { orderedTask } from '../ordered.ts'
import { clearQueue, pushTask, taskQueue } from '../queue.ts'
import type { Machine } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { ASSIGNED, READY } from '../tasks.ts'

/**
 * Queues are an index over the tasks that are ready or assigned: not state, so a replay does not keep
 * them and rebuilds them at its end. A task's key is fixed when it joins.
 */
export function enqueue(state: State, task: number): void {
  if (state.scratch.replaying) return
  const { tasks } = state
  const stage = state.stages[tasks.stage[task]]
  const run = state.runs[stage.run]
  tasks.key[task] = run.order.key(orderedTask(state, stage, task))
  const klass = tasks.klass[task]
  pushTask(state.classes[klass].queue, tasks, task)
  mark(state.scratch.queued, klass)
}

/** Joins a machine's own queue; a plan's rank is its key where there is one. */
export function enqueueAt(state: State, machine: Machine, task: number): void {
  if (state.scratch.replaying) return
  const { tasks } = state
  const stage = state.stages[tasks.stage[task]]
  const rank = stage.plan?.rank.get(tasks.first[task])
  if (rank !== undefined) tasks.key[task] = rankHere(state, stage, machine, tasks.first[task], rank)
  // It was running when the plan was made and has failed since: it goes before the plan's own, as in
  // `rankHere`.
  else if (stage.graph?.turns !== undefined) tasks.key[task] = -stage.known - 1
  const klass = tasks.klass[task]
  let queue = machine.queues.get(klass)
  if (queue === undefined) machine.queues.set(klass, (queue = taskQueue()))
  pushTask(queue, tasks, task)
  mark(state.scratch.dirty, machine.number)
}

/**
 * A task on a machine that its plan did not name goes before that machine's own tasks: planned turns may wait
 * for each other, and only a task ahead of all turns cannot close a cycle.
 */
function rankHere(
  state: State,
  stage: Stage,
  machine: Machine,
  item: number,
  rank: number,
): number {
  const planned = stage.plan?.machine.get(item)
  const turns = stage.graph?.turns
  if (turns === undefined || planned === machine.number) return rank
  turns.passed[item] = 1
  if (planned !== undefined) mark(state.scratch.dirty, planned)
  return rank - stage.known
}

/** After a replay: every queue from the tasks as they stand. */
export function rebuildQueues(state: State): void {
  const { tasks } = state
  for (const klass of state.classes) clearQueue(klass.queue)
  for (const machine of state.machines) machine.queues.clear()
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.state[task] === READY) enqueue(state, task)
    else if (tasks.state[task] === ASSIGNED) {
      const stage = state.stages[tasks.stage[task]]
      tasks.key[task] = state.runs[stage.run].order.key(orderedTask(state, stage, task))
      enqueueAt(state, state.machines[tasks.machine[task]], task)
    }
  }
}
