import { eligibilityChanged, machineChanged } from '../columns.ts'
import type { Decision } from '../event.ts'
import { isGivenUpOn } from '../given-up.ts'
import { removeTask } from '../queue.ts'
import type { Machine } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { ASSIGNED, moveTask, READY } from '../tasks.ts'
import { comparableMicros } from '../times.ts'
import { enqueue, enqueueAt } from './enqueue.ts'

/** Early binding: tasks join a machine's own queue, and leave it by start, or because the machine gives them back. */

export function assign(state: State, decision: Extract<Decision, { kind: 'assign' }>): void {
  decision.tasks.forEach((task, at) => {
    assignTask(state, task, decision.machines[at])
  })
}

export function assignTask(state: State, task: number, machineNumber: number): void {
  const { tasks } = state
  const machine = state.machines[machineNumber]
  const stage = state.stages[tasks.stage[task]]
  moveTask(tasks, task, ASSIGNED)
  tasks.machine[task] = machine.number
  tasks.predicted[task] = comparableMicros(state, stage, machine, task)
  machine.queued += 1
  machine.queuedWork += tasks.predicted[task]
  machine.assignedWork += tasks.predicted[task]
  machineChanged(state, machine.number)
  state.placements += 1
  enqueueAt(state, machine, task)
}

/** Tasks leave their machine's queue for the common one. */
export function unassign(state: State, tasks: readonly number[]): void {
  for (const task of tasks) {
    forgetAssignment(state, task)
    moveTask(state.tasks, task, READY)
    enqueue(state, task)
  }
}

/** What the machine had queued of a stage that cannot be set up there goes back. */
export function returnUnstartable(state: State, machine: Machine, stage: Stage): void {
  if (!isGivenUpOn(stage, machine.number)) return
  eligibilityChanged(state)
  returnQueued(state, machine, stage)
}

/** What the machine had queued, of one stage or of all, goes back. */
export function returnQueued(state: State, machine: Machine, of?: Stage): void {
  const { tasks } = state
  for (let task = 0; machine.queued > 0 && task < tasks.used; task += 1) {
    if (tasks.state[task] !== ASSIGNED || tasks.machine[task] !== machine.number) continue
    if (of !== undefined && tasks.stage[task] !== of.number) continue
    const queue = machine.queues.get(tasks.klass[task])
    if (queue !== undefined) removeTask(queue, tasks, task)
    unassign(state, [task])
  }
}

/** Takes an early-bound task out of its machine's books; its queue is the caller's to mend. */
export function forgetAssignment(state: State, task: number): void {
  const { tasks } = state
  const machine = state.machines[tasks.machine[task]]
  leaveQueue(state, machine, task)
  machine.assignedWork -= tasks.predicted[task]
  tasks.machine[task] = -1
  machineChanged(state, machine.number)
}

/** Sums drift: of an empty queue nothing is left, lest an idle machine look busier than another. */
export function leaveQueue({ tasks }: State, machine: Machine, task: number): void {
  machine.queued -= 1
  machine.queuedWork = machine.queued === 0 ? 0 : machine.queuedWork - tasks.predicted[task]
}
