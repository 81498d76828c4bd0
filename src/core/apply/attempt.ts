import type { Failure } from '../../model/failure.ts'
import { observe, predict } from '../../policy/estimation/least-squares.ts'
import { machineChanged } from '../columns.ts'
import type { Decision, Outcomes } from '../event.ts'
import { DONE, STOPPED } from '../items.ts'
import { limits } from '../limits.ts'
import type { Machine, Slot, Stage, State } from '../state.ts'
import { newSlot } from '../state.ts'
import { allocateTask, ASSIGNED, FREE, moveTask, READY, RUNNING, WAITING } from '../tasks.ts'
import { comparableMicros, dataReadyAt, expectedMicros } from '../times.ts'
import { setTimer } from '../timers.ts'
import { enqueue, enqueueAt } from './enqueue.ts'
import { endItem } from './items.ts'
import { forgetAssignment } from './run.ts'

/** Tasks join the queues of machines (early binding). */
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

/** One message of tasks of one class goes to one slot: the lease of its resources begins. */
export function start(state: State, decision: Extract<Decision, { kind: 'start' }>): void {
  const { tasks } = state
  const machine = state.machines[decision.machine]
  const slot = openSlot(machine, decision.slot)
  const head = decision.tasks[0]
  const stage = state.stages[tasks.stage[head]]
  const klass = state.classes[tasks.klass[head]]
  if (slot.running.size === 0) {
    slot.stage = stage.number
    slot.klass = klass.number
    slot.headSince = state.now
    slot.freeAt = state.now
    machine.idle.splice(machine.idle.lastIndexOf(slot.number), 1)
    for (let resource = 0; resource < klass.needs.length; resource += 1) machine.free[resource] -= klass.needs[resource]
  }
  touchLoaded(slot, stage)
  let attempt = decision.firstAttempt
  const fresh = slot.running.size === 0
  for (const task of decision.tasks) startTask(state, stage, machine, slot, task, attempt++)
  state.nextAttempt = attempt
  state.runs[stage.run].attempts += decision.tasks.length
  if (stage.firstStart === 0) stage.firstStart = state.now
  if (fresh) watchHead(state, stage, machine, slot)
  machineChanged(state, machine.number)
}

function startTask(state: State, stage: Stage, machine: Machine, slot: Slot, task: number, attempt: number): void {
  const { tasks } = state
  if (tasks.state[task] === ASSIGNED) {
    machine.queued -= 1
    machine.queuedWork -= tasks.predicted[task]
    if (machine.queued === 0) machine.queuedWork = 0
  } else {
    const expected = expectedMicros(stage, machine, tasks.first[task], tasks.size[task], tasks.count[task])
    tasks.predicted[task] = Number.isNaN(expected) ? 0 : expected
    machine.assignedWork += tasks.predicted[task]
    state.placements += 1
  }
  moveTask(tasks, task, RUNNING)
  tasks.attempt[task] = attempt
  tasks.machine[task] = machine.number
  tasks.slot[task] = slot.number
  tasks.startedAt[task] = state.now
  tasks.left[task] = tasks.count[task]
  if (stage.graph?.turns !== undefined) stage.graph.turns.passed[tasks.first[task]] = 1
  slot.running.add(task)
  slot.work += tasks.predicted[task]
  const waits = stage.graph === undefined ? 0 : Math.max(0, dataReadyAt(stage, machine.number, tasks.first[task]) - state.now)
  slot.freeAt = Math.max(slot.freeAt, state.now) + waits + tasks.predicted[task]
  machine.running += 1
}

function openSlot(machine: Machine, number: number): Slot {
  while (machine.slots.length <= number) {
    machine.idle.unshift(machine.slots.length)
    machine.slots.push(newSlot(machine.slots.length))
  }
  return machine.slots[number]
}

function touchLoaded(slot: Slot, stage: Stage): void {
  const loaded = slot.loaded
  if (loaded[loaded.length - 1] === stage.number) return
  const at = loaded.indexOf(stage.number)
  if (at >= 0) loaded.splice(at, 1)
  loaded.push(stage.number)
}

/** The timeout counts from the head's own start: only the head of a slot runs. */
function watchHead(state: State, stage: Stage, machine: Machine, slot: Slot): void {
  const { timeout } = stage.definition
  if (timeout === undefined || slot.running.size === 0) return
  const head = slot.running.values().next().value as number
  setTimer(state.timers, {
    kind: 'overdue', at: slot.headSince + timeout, machine: machine.number, slot: slot.number,
    attempt: state.tasks.attempt[head], hard: false,
  })
}

/** Answers of a slot. Only the live attempt's next expected item counts; late and doubled answers fall away here. */
export function outcomes(state: State, event: Outcomes): void {
  const { tasks } = state
  const machine = state.machines[event.machine]
  const slot = machine.slots[event.slot]
  if (slot === undefined) return
  let failureAt = 0
  for (let at = 0; at < event.tasks.length; at += 1) {
    const task = event.tasks[at]
    const attempt = event.attempts[at]
    const failure = event.codes[at] === 1 ? event.failures[failureAt++] : undefined
    const live = task < tasks.used && tasks.state[task] === RUNNING && tasks.attempt[task] === attempt
    if (!live) {
      if (slot.stopping.delete(attempt)) releaseIfIdle(state, machine, slot)
      continue
    }
    const expected = tasks.first[task] + tasks.count[task] - tasks.left[task]
    if (event.indexes[at] !== expected) continue
    answer(state, machine, slot, { task, index: expected, code: event.codes[at], micros: event.micros[at], position: at, failure })
  }
  const stage = state.stages[slot.stage]
  if (stage !== undefined && event.peakBytes > stage.peakBytes) stage.peakBytes = event.peakBytes
  slot.headSince = state.now
  if (slot.running.size > 0) {
    watchHead(state, stage, machine, slot)
    state.scratch.hungry.add(machine.number * 65_536 + slot.number)
  } else releaseIfIdle(state, machine, slot)
}

type Answer = { task: number; index: number; code: number; micros: number; position: number; failure: Failure | undefined }

function answer(state: State, machine: Machine, slot: Slot, a: Answer): void {
  const { tasks } = state
  const stage = state.stages[tasks.stage[a.task]]
  const run = state.runs[stage.run]
  tasks.left[a.task] -= 1
  stage.open -= 1
  stage.lastEnd = state.now
  stage.busyMicros += a.micros
  machine.busyMicros += a.micros
  if (a.failure === undefined) {
    learnFrom(stage, machine, tasks.size[a.task] / tasks.count[a.task], a.micros)
    if (stage.graph !== undefined) stage.graph.machineOf[a.index] = machine.number
    endItem(state, stage, a.index, a.code === 2 ? STOPPED : DONE, a.position, undefined)
  } else chargeItem(state, stage, a.task, a.index, a.failure)
  if (tasks.left[a.task] === 0) endTask(state, machine, slot, a.task)
  state.scratch.touchedRuns.add(run.number)
}

function learnFrom(stage: Stage, machine: Machine, size: number, micros: number): void {
  if (stage.graph !== undefined) return
  let own = stage.estimates[machine.number]
  if (own === undefined) {
    own = { n: 0, size: 0, time: 0, sizeSize: 0, sizeTime: 0, timeTime: 0, ratios: [] }
    stage.estimates[machine.number] = own
  }
  observe(own, size, micros, own.n === 0 ? 0 : predict(own, size))
  observe(stage.pooled, size, micros * machine.definition.speed, 0)
}

/** A failed attempt of one item waits for the recover phase to decide: again, or for good. */
function chargeItem(state: State, stage: Stage, task: number, index: number, failure: Failure): void {
  const { tasks } = state
  const memoryScale = state.classes[tasks.klass[task]].memoryScale
  state.recovery.push({ kind: 'failed', stage: stage.number, index, tries: tasks.tries[task] + 1, memoryScale, failure })
}

function endTask(state: State, machine: Machine, slot: Slot, task: number): void {
  const { tasks } = state
  slot.running.delete(task)
  slot.work = slot.running.size === 0 ? 0 : Math.max(0, slot.work - tasks.predicted[task])
  machine.running -= 1
  machine.tasksEnded += 1
  machineChanged(state, machine.number)
  state.stages[tasks.stage[task]].openTasks -= 1
  moveTask(tasks, task, FREE)
}

/** With nothing in flight and nothing to be confirmed, the lease ends and the slot is idle. */
function releaseIfIdle(state: State, machine: Machine, slot: Slot): void {
  if (slot.klass < 0 || slot.running.size > 0 || slot.stopping.size > 0) return
  const { needs, stage } = state.classes[slot.klass]
  for (let resource = 0; resource < needs.length; resource += 1) machine.free[resource] += needs[resource]
  state.scratch.touchedRuns.add(state.stages[stage].run)
  slot.stage = -1
  slot.klass = -1
  slot.work = 0
  slot.killing = undefined
  machine.idle.push(slot.number)
  if (machine.idle.length > 1) machine.idle.sort((a, b) => b - a)
  machineChanged(state, machine.number)
  state.scratch.dirty.add(machine.number)
}

/**
 * We ask an attempt to stop, or end its slot. Asked alone, the head is fenced and charged at once but
 * holds its lease as `stopping`; in company nobody knows who is stuck, so the slot ends, nobody is
 * charged, and each goes again alone.
 */
export function stop(state: State, decision: Extract<Decision, { kind: 'stop' }>): void {
  const machine = state.machines[decision.machine]
  const slot = machine.slots[decision.slot]
  slot.killing = decision.failure
  if (decision.how === 'kill') return
  const { tasks } = state
  for (const task of [...slot.running]) {
    const stage = state.stages[tasks.stage[task]]
    slot.stopping.add(tasks.attempt[task])
    setTimer(state.timers, {
      kind: 'overdue', at: state.now + stage.definition.grace, machine: machine.number, slot: slot.number,
      attempt: tasks.attempt[task], hard: true,
    })
    chargeHead(state, machine, slot, task, decision.failure)
  }
}

/** A slot is gone: alone, its task is charged; in company nobody is, and each goes again alone. */
export function slotEnded(state: State, machineNumber: number, slotNumber: number, failure: Failure): void {
  const machine = state.machines[machineNumber]
  const slot = machine?.slots[slotNumber]
  if (slot === undefined) return
  const charged = slot.killing ?? failure
  const running = [...slot.running]
  const alone = running.length === 1 && state.tasks.count[running[0]] === 1
  for (const task of running) {
    if (alone) chargeHead(state, machine, slot, task, charged)
    else returnTask(state, machine, slot, task, true)
  }
  slot.stopping.clear()
  slot.loaded.length = 0
  releaseIfIdle(state, machine, slot)
}

/** Charges the first unanswered item of a task; the rest of the task returns uncharged. */
function chargeHead(state: State, machine: Machine, slot: Slot, task: number, failure: Failure): void {
  const { tasks } = state
  const stage = state.stages[tasks.stage[task]]
  const first = tasks.first[task] + tasks.count[task] - tasks.left[task]
  stage.open -= 1
  chargeItem(state, stage, task, first, failure)
  tasks.left[task] -= 1
  if (tasks.left[task] === 0) endTask(state, machine, slot, task)
  else returnTask(state, machine, slot, task, false)
}

/** What a lost attempt had not answered becomes ready again, uncharged: `alone`, one item a task. */
export function returnTask(state: State, machine: Machine, slot: Slot, task: number, alone: boolean): void {
  const { tasks } = state
  const stage = state.stages[tasks.stage[task]]
  const answered = tasks.count[task] - tasks.left[task]
  const first = tasks.first[task] + answered
  const left = tasks.left[task]
  const sizePerItem = tasks.size[task] / tasks.count[task]
  const klass = tasks.klass[task]
  const tries = tasks.tries[task]
  const losses = Math.min(255, tasks.losses[task] + 1)
  endTask(state, machine, slot, task)
  const step = alone || losses >= limits.losses ? 1 : left
  for (let at = 0; at < left; at += step) {
    const again = allocateTask(tasks, {
      stage: stage.number, klass, first: first + at, count: step, tries, size: sizePerItem * step, readyAt: state.now,
    })
    tasks.losses[again] = losses
    tasks.alone[again] = step === 1 && (alone || losses >= limits.losses) ? 1 : 0
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
