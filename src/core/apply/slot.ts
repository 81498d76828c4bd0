import { mark } from '../marks.ts'
import type { Failure } from '../../model/failure.ts'
import { machineChanged } from '../columns.ts'
import type { Decision, Event } from '../event.ts'
import { limits } from '../limits.ts'
import type { Machine, Slot, Stage, State } from '../state.ts'
import { newSlot } from '../state.ts'
import type { Timer } from '../timers.ts'
import { setTimer } from '../timers.ts'
import { chargeHead, returnTask } from './task.ts'

/** Slots: opened, watched, asked to stop, gone. What runs in one is a queue of which only the head runs. */

export function openSlot(machine: Machine, number: number): Slot {
  while (machine.slots.length <= number) {
    machine.idle.unshift(machine.slots.length)
    machine.slots.push(newSlot(machine.slots.length))
  }
  return machine.slots[number]
}

export function touchLoaded(slot: Slot, stage: Stage): void {
  const loaded = slot.loaded
  if (loaded[loaded.length - 1] === stage.number) return
  const at = loaded.indexOf(stage.number)
  if (at >= 0) loaded.splice(at, 1)
  loaded.push(stage.number)
}

/** A stage is set up in the slot: the head's own time begins. */
export function loaded(state: State, event: Extract<Event, { kind: 'loaded' }>): void {
  const { setup } = state.stages[event.stage]
  setup.n += 1
  setup.micros += event.micros
  setup.bytes = Math.max(setup.bytes, event.bytes)
  const machine = state.machines[event.machine]
  const slot = machine?.slots[event.slot]
  if (slot === undefined || slot.stage !== event.stage || !slot.loading) return
  slot.loading = false
  slot.headSince = state.now
  watchHead(state, machine, slot)
}

/**
 * The timeout counts from the head's own start, loading excluded. One timer a slot: when it fires too
 * early because the head has changed since, it is set again.
 */
export function watchHead(state: State, machine: Machine, slot: Slot): void {
  const at = headDeadline(state, slot)
  if (at === undefined || (slot.watchedAt > 0 && slot.watchedAt <= at)) return
  slot.watchedAt = at
  setTimer(state.timers, { kind: 'overdue', at, machine: machine.number, slot: slot.number })
}

/** When the head of the slot will have taken too long. */
export function headDeadline(state: State, slot: Slot): number | undefined {
  const { timeout } =
    slot.stage < 0 || slot.running.length === 0
      ? { timeout: undefined }
      : state.stages[slot.stage].definition
  if (timeout === undefined) return undefined
  return slot.headSince + (slot.loading ? Math.max(timeout, limits.loading) : timeout)
}

/** A watch fired: the head is overdue, or a later one is watched. */
export function watchFired(state: State, timer: Extract<Timer, { kind: 'overdue' }>): void {
  const machine = state.machines[timer.machine]
  const slot = machine?.slots[timer.slot]
  if (slot === undefined) return
  slot.watchedAt = 0
  const deadline = headDeadline(state, slot)
  if (deadline === undefined) return
  if (timer.at < deadline) watchHead(state, machine, slot)
  else state.recovery.push({ kind: 'overdue', machine: timer.machine, slot: timer.slot })
}

/** An answer of a fenced attempt, its items in order: after its last one it is known to be gone. */
export function confirmStopping(slot: Slot, attempt: number, index: number): void {
  const owed = slot.stopping.get(attempt)
  if (owed === undefined || owed[0] !== index) return
  if (index === owed[1]) slot.stopping.delete(attempt)
  else slot.stopping.set(attempt, [index + 1, owed[1]])
}

/** With nothing in flight and nothing to be confirmed, neither attempts nor its own end, the lease ends and the slot is idle. */
export function releaseIfIdle(state: State, machine: Machine, slot: Slot): void {
  if (slot.klass < 0 || slot.running.length > 0 || slot.stopping.size > 0 || slot.dying) return
  const { needs, stage } = state.classes[slot.klass]
  for (let resource = 0; resource < needs.length; resource += 1)
    machine.free[resource] += needs[resource]
  mark(state.scratch.touchedRuns, state.stages[stage].run)
  slot.stage = -1
  slot.klass = -1
  slot.work = 0
  slot.killing = undefined
  machine.idle.push(slot.number)
  if (machine.idle.length > 1) machine.idle.sort((a, b) => b - a)
  machineChanged(state, machine.number)
  mark(state.scratch.dirty, machine.number)
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
  if (decision.how === 'kill') {
    slot.dying = true
    return
  }
  const { tasks } = state
  for (const task of [...slot.running]) {
    const stage = state.stages[tasks.stage[task]]
    const end = tasks.first[task] + tasks.count[task]
    slot.stopping.set(tasks.attempt[task], [end - tasks.left[task], end - 1])
    setTimer(state.timers, {
      kind: 'grace',
      at: state.now + stage.definition.grace,
      machine: machine.number,
      slot: slot.number,
      attempt: tasks.attempt[task],
    })
    chargeHead(state, machine, slot, task, decision.failure)
  }
}

/**
 * A slot is gone: alone, its task is charged; in company nobody is, and each goes again alone. Where we
 * ended it, whoever was stuck has been charged already, or was in company.
 */
export function slotEnded(
  state: State,
  machineNumber: number,
  slotNumber: number,
  failure: Failure,
): void {
  const machine = state.machines[machineNumber]
  const slot = machine?.slots[slotNumber]
  if (slot === undefined) return
  const running = [...slot.running]
  const alone = !slot.dying && running.length === 1 && state.tasks.count[running[0]] === 1
  for (const task of running) {
    if (alone) chargeHead(state, machine, slot, task, failure)
    else returnTask(state, machine, slot, task, true)
  }
  slot.stopping.clear()
  slot.loaded.length = 0
  slot.loading = false
  slot.dying = false
  releaseIfIdle(state, machine, slot)
}
