import type { Failure } from '../../model/failure.ts'
import { machineChanged } from '../columns.ts'
import { limits } from '../limits.ts'
import type { Machine, Slot } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { allocateTask, FREE, moveTask, READY, type TaskTable, WAITING } from '../tasks.ts'
import { enqueue } from './enqueue.ts'

/** How a running task ends: answered, charged with a failure, or returned as if it had never run. */

/** A failed attempt of one item waits for the recover phase to decide: again, or for good. */
export function chargeItem(
  state: State,
  stage: Stage,
  task: number,
  index: number,
  failure: Failure,
  settingUp = false,
): void {
  const { tasks } = state
  const { memoryScale, priority } = state.classes[tasks.klass[task]]
  const tries = tasks.tries[task] + 1
  state.recovery.push({
    kind: 'failed',
    stage: stage.number,
    index,
    tries,
    memoryScale,
    priority,
    failure,
    settingUp,
  })
}

/** Counts the time for which the stage occupied a slot of the machine. */
export function busy(stage: Stage, machine: Machine, micros: number): { tasks: number } {
  const share = (stage.byMachine[machine.number] ??= { tasks: 0, micros: 0, work: 0 })
  stage.busyMicros += micros
  share.micros += micros
  share.work += micros * machine.definition.speed
  return share
}

export function endTask(state: State, machine: Machine, slot: Slot, task: number): void {
  const { tasks } = state
  if (slot.running[0] === task) slot.running.shift()
  else slot.running.splice(slot.running.indexOf(task), 1)
  slot.work = slot.running.length === 0 ? 0 : Math.max(0, slot.work - tasks.predicted[task])
  machine.running -= 1
  machineChanged(state, machine.number)
  state.stages[tasks.stage[task]].openTasks -= 1
  moveTask(tasks, task, FREE)
}

/** Charges the first unanswered item of a task; the rest of the task returns uncharged. */
export function chargeHead(
  state: State,
  machine: Machine,
  slot: Slot,
  task: number,
  failure: Failure,
  settingUp = false,
): void {
  const { tasks } = state
  const stage = state.stages[tasks.stage[task]]
  const first = tasks.first[task] + tasks.count[task] - tasks.left[task]
  stage.open -= 1
  stage.lastEnd = state.now
  chargeItem(state, stage, task, first, failure, settingUp)
  tasks.left[task] -= 1
  if (tasks.left[task] === 0) endTask(state, machine, slot, task)
  else returnTask(state, machine, slot, task, 'together')
}

/**
 * Items that a lost attempt had not answered become ready again, uncharged and at their old place in line; with
 * `alone`, each as a task of its own.
 */
export function returnTask(
  state: State,
  machine: Machine,
  slot: Slot,
  task: number,
  how: 'together' | 'alone',
): void {
  const { tasks } = state
  const left = unanswered(tasks, task)
  const losses = Math.min(255, tasks.losses[task] + 1)
  const alone = how === 'alone' || losses >= limits.losses || tasks.alone[task] === 1
  endTask(state, machine, slot, task)
  again(state, left, { losses, alone, apart: alone })
}

/**
 * From the item of this index on the task had not begun, nor will it there: that becomes ready again as if it had
 * never been sent. A chunk that had begun is no chunk any more: its items go one by one, to whoever has room.
 */
export function returnUnbegun(
  state: State,
  machine: Machine,
  slot: Slot,
  task: number,
  from: number,
): void {
  const { tasks } = state
  const { first, count, ...rest } = unanswered(tasks, task)
  const back = first + count - from
  const unbegun = { ...rest, first: from, count: back, returned: Math.min(255, rest.returned + 1) }
  const isWhole = back === tasks.count[task]
  machine.assignedWork -= (tasks.predicted[task] * back) / tasks.count[task]
  if (isWhole) state.runs[state.stages[tasks.stage[task]].run].attempts -= 1
  if (from === first) endTask(state, machine, slot, task)
  else shorten(state, machine, slot, task, back)
  again(state, unbegun, {
    losses: tasks.losses[task],
    alone: tasks.alone[task] === 1,
    apart: !isWhole,
  })
}

type Items = {
  readonly stage: number
  readonly klass: number
  readonly first: number
  readonly count: number
  readonly tries: number
  readonly sizePerItem: number
  readonly readyAt: number
  readonly returned: number
}

/** Items of a task that its attempt has not answered. */
function unanswered(tasks: TaskTable, task: number): Items {
  const count = tasks.left[task]
  return {
    stage: tasks.stage[task],
    klass: tasks.klass[task],
    first: tasks.first[task] + tasks.count[task] - count,
    count,
    tries: tasks.tries[task],
    sizePerItem: tasks.size[task] / tasks.count[task],
    readyAt: tasks.readyAt[task],
    returned: tasks.returned[task],
  }
}

/** The task loses its last items, and its slot the work they are. */
function shorten(state: State, machine: Machine, slot: Slot, task: number, by: number): void {
  const { tasks } = state
  const share = 1 - by / tasks.count[task]
  slot.work = Math.max(0, slot.work - tasks.predicted[task] * (1 - share))
  tasks.predicted[task] *= share
  tasks.size[task] *= share
  tasks.count[task] -= by
  tasks.left[task] -= by
  machineChanged(state, machine.number)
}

/** They are ready again, as one task or each by itself. */
function again(
  state: State,
  items: Items,
  how: { readonly losses: number; readonly alone: boolean; readonly apart: boolean },
): void {
  const { tasks } = state
  const { first, count: left, sizePerItem, returned, ...rest } = items
  const step = how.apart ? 1 : left
  for (let at = 0; at < left; at += step) {
    const task = allocateTask(tasks, {
      ...rest,
      first: first + at,
      count: step,
      size: sizePerItem * step,
    })
    tasks.losses[task] = how.losses
    tasks.alone[task] = how.alone ? 1 : 0
    tasks.returned[task] = returned
    state.stages[items.stage].openTasks += 1
    moveTask(tasks, task, READY)
    enqueue(state, task)
  }
}

/** A waiting task's instant has come. */
export function wakeTask(state: State, task: number): void {
  const { tasks } = state
  if (task >= tasks.used || tasks.state[task] !== WAITING || tasks.readyAt[task] > state.now) return
  moveTask(tasks, task, READY)
  enqueue(state, task)
}
