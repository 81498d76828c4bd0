import type { Failure } from '../../model/failure.ts'
import { machineChanged } from '../columns.ts'
import { limits } from '../limits.ts'
import type { Machine, Slot } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { allocateTask, FREE, moveTask, READY, WAITING } from '../tasks.ts'
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
 * `alone`, each as a task of its own; with `as it was`, nothing was lost, for they had not begun.
 */
export function returnTask(
  state: State,
  machine: Machine,
  slot: Slot,
  task: number,
  how: 'together' | 'alone' | 'as it was',
): void {
  const { tasks } = state
  const stage = state.stages[tasks.stage[task]]
  const answered = tasks.count[task] - tasks.left[task]
  const first = tasks.first[task] + answered
  const left = tasks.left[task]
  const sizePerItem = tasks.size[task] / tasks.count[task]
  const klass = tasks.klass[task]
  const tries = tasks.tries[task]
  const losses = how === 'as it was' ? tasks.losses[task] : Math.min(255, tasks.losses[task] + 1)
  const readyAt = tasks.readyAt[task]
  const wasAlone = tasks.alone[task] === 1
  endTask(state, machine, slot, task)
  const alone = how === 'alone' || losses >= limits.losses || wasAlone
  const step = alone ? 1 : left
  for (let at = 0; at < left; at += step) {
    const again = allocateTask(tasks, {
      stage: stage.number,
      klass,
      first: first + at,
      count: step,
      tries,
      size: sizePerItem * step,
      readyAt,
    })
    tasks.losses[again] = losses
    tasks.alone[again] = alone ? 1 : 0
    stage.openTasks += 1
    moveTask(tasks, again, READY)
    enqueue(state, again)
  }
}

/** A waiting task's instant has come. */
export function wakeTask(state: State, task: number): void {
  const { tasks } = state
  if (task >= tasks.used || tasks.state[task] !== WAITING || tasks.readyAt[task] > state.now) return
  moveTask(tasks, task, READY)
  enqueue(state, task)
}
