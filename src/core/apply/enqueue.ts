import type { OrderedTask } from '../../policy/order/order.ts'
import { NEVER } from '../../std/time.ts'
import { pushTask, taskQueue } from '../queue.ts'
import type { Machine, Stage, State } from '../state.ts'
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
  pushTask(state.classes[tasks.klass[task]].queue, tasks, task)
}

/** Joins a machine's own queue; a plan's rank is its key where there is one. */
export function enqueueAt(state: State, machine: Machine, task: number): void {
  if (state.scratch.replaying) return
  const { tasks } = state
  const stage = state.stages[tasks.stage[task]]
  const rank = stage.plan?.rank.get(tasks.first[task])
  if (rank !== undefined) tasks.key[task] = rankHere(state, stage, machine, tasks.first[task], rank)
  const klass = tasks.klass[task]
  let queue = machine.queues.get(klass)
  if (queue === undefined) machine.queues.set(klass, (queue = taskQueue()))
  pushTask(queue, tasks, task)
  state.scratch.dirty.add(machine.number)
}

/**
 * A task that comes to a machine its plan did not name goes before that machine's own: their turns
 * may wait for each other, and only what is ahead of all turns cannot close a circle.
 */
function rankHere(state: State, stage: Stage, machine: Machine, item: number, rank: number): number {
  const planned = stage.plan?.machine.get(item)
  const turns = stage.graph?.turns
  if (turns === undefined || planned === machine.number) return rank
  turns.passed[item] = 1
  if (planned !== undefined) state.scratch.dirty.add(planned)
  return rank - stage.known
}

/** After a replay: every queue from the tasks as they stand. */
export function rebuildQueues(state: State): void {
  const { tasks } = state
  for (const klass of state.classes) klass.queue.heap.length = 0
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

const ordered: { -readonly [K in keyof OrderedTask]: OrderedTask[K] } = {
  index: 0, work: 0, releasedAt: 0, dueAt: NEVER, priority: 0, weight: 1, upwardRank: 0,
}

/** The view an order sees of a task; reused, read at once. */
function orderedTask(state: State, stage: Stage, task: number): OrderedTask {
  const { tasks } = state
  const run = state.runs[stage.run]
  const index = tasks.first[task]
  const link = stage.definition.link
  ordered.index = index
  ordered.releasedAt = tasks.readyAt[task]
  ordered.priority = run.definition.priority + state.classes[tasks.klass[task]].priority
  ordered.dueAt = run.definition.due ?? NEVER
  ordered.weight = 1
  ordered.work = tasks.size[task]
  ordered.upwardRank = tasks.size[task]
  if (link.kind === 'graph') {
    const { problem, ticks } = link
    ordered.work = meanTime(problem.times, index, problem.machines.length) * ticks
    ordered.dueAt = Number.isFinite(problem.tasks[index].due) ? problem.tasks[index].due * ticks : NEVER
    ordered.weight = problem.tasks[index].weight
    ordered.upwardRank = stage.graph?.upwardRank[index] ?? ordered.work
  }
  return ordered
}

function meanTime(times: Float64Array, task: number, machines: number): number {
  let sum = 0
  let count = 0
  for (let machine = 0; machine < machines; machine += 1) {
    const time = times[task * machines + machine]
    if (time < Number.POSITIVE_INFINITY) {
      sum += time
      count += 1
    }
  }
  return count === 0 ? 0 : sum / count
}
