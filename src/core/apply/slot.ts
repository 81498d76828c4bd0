import { mark } from '../marks.ts'
import { type Failure, MEMORY_OF_BOX } from '../../model/failure.ts'
import { eligibilityChanged, machineChanged } from '../columns.ts'
import { isGivenUpOn } from '../given-up.ts'
import type { Decision, Event } from '../event.ts'
import { limits } from '../limits.ts'
import { declaredBytes, heldBytes, MEMORY, modelBytes } from '../models.ts'
import type { Machine, Slot } from '../machine.ts'
import type { Run } from '../run.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { newSlot } from '../initial.ts'
import { setTimer, type Timer } from '../timers.ts'
import { returnUnstartable } from './assignment.ts'
import { busy, chargeHead, returnTask } from './task.ts'

/** Slots: opened, watched, asked to stop, gone. What runs in one is a queue of which only the head runs. */

export function openSlot(machine: Machine, number: number): Slot {
  while (machine.slots.length <= number) {
    machine.idle.unshift(machine.slots.length)
    machine.slots.push(newSlot(machine.slots.length))
  }
  return machine.slots[number]
}

/** Whether the slot was set up for the stage; nearly always it is the one used last. */
export function isLoaded({ loaded }: Slot, stage: number): boolean {
  return isLast(loaded, stage) || loaded.includes(stage)
}

export function touchLoaded(state: State, slot: Slot, stage: Stage): void {
  const { loaded, usedAt } = slot
  if (isLast(loaded, stage.number)) return
  takeOut(slot, stage.number)
  loaded.push(stage.number)
  usedAt.push(state.now)
}

/** Never reads index -1: doing so once makes V8 slow at every later access there. */
export function isLast(numbers: readonly number[], number: number): boolean {
  return numbers.length > 0 && numbers[numbers.length - 1] === number
}

function takeOut({ loaded, usedAt }: Slot, stage: number): void {
  const at = loaded.indexOf(stage)
  if (at < 0) return
  loaded.splice(at, 1)
  usedAt.splice(at, 1)
}

/** The slot no longer holds what it loaded for the stage. */
export function forgetLoaded(slot: Slot, stage: number): void {
  takeOut(slot, stage)
  const at = slot.warm.indexOf(stage)
  if (at >= 0) slot.warm.splice(at, 1)
}

export function forgetAllLoaded({ loaded, usedAt, warm }: Slot): void {
  loaded.length = 0
  usedAt.length = 0
  warm.length = 0
}

/** Whether an item of the stage was answered here since its setup. Marks that one was. */
export function warmUp({ warm }: Slot, stage: number): boolean {
  if (isLast(warm, stage) || warm.includes(stage)) return true
  warm.push(stage)
  return false
}

/** A busy slot's lease covers the models beside the one in use. */
export function pinModels(state: State, machine: Machine, slot: Slot): void {
  const inUse = state.stages[slot.stage]
  const pinned = slot.klass < 0 ? 0 : heldBytes(state, slot, inUse, declaredBytes)
  machine.free[MEMORY] += slot.pinned - pinned
  slot.pinned = pinned
}

/**
 * The run's code is forgotten, so slots no longer count as set up for it. With `freed`, models that their
 * handler cannot give back stay counted; with `all`, nothing stays.
 */
export function forgetModels(state: State, run: Run, which: 'freed' | 'all'): void {
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      for (const number of run.stages) {
        const stage = state.stages[number]
        const stays = modelBytes(stage) > 0 && !stage.setup.frees
        if (number !== slot.stage && (which === 'all' || !stays)) forgetLoaded(slot, number)
      }
      if (slot.pinned > 0) pinModels(state, machine, slot)
    }
  }
}

/** A stage is set up in the slot: the head's own time begins. */
export function loaded(state: State, event: Extract<Event, { kind: 'loaded' }>): void {
  const { setup } = state.stages[event.stage]
  setup.n += 1
  if (isGivenUpOn(state.stages[event.stage], event.machine)) eligibilityChanged(state)
  setup.lostOn.delete(event.machine)
  setup.micros += event.micros
  setup.bytes = Math.max(setup.bytes, event.bytes)
  setup.frees = event.frees === true
  const machine = state.machines[event.machine]
  const slot = machine?.slots[event.slot]
  const isAwaited = slot !== undefined && slot.stage === event.stage && slot.loading
  setup.waited += isAwaited ? state.now - slot.headSince : event.micros
  if (!isAwaited) return
  slot.loading = false
  slot.headSince = state.now
  slot.freeAt = Math.max(slot.freeAt, state.now + slot.work)
  machineChanged(state, machine.number)
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
  if (slot.stage < 0 || slot.running.length === 0) return undefined
  const { definition, graph } = state.stages[slot.stage]
  const { timeout, setupTimeout = limits.loading } = definition
  // A problem's tasks have no code to set up.
  const most = slot.loading && graph === undefined ? setupTimeout : timeout
  return most === undefined ? undefined : slot.headSince + most
}

/** A watch fired: the head is overdue, or a later one is watched. */
export function watchFired(state: State, timer: Extract<Timer, { kind: 'overdue' }>): void {
  const machine = state.machines[timer.machine]
  const slot = machine?.slots[timer.slot]
  // Outdated: a nearer timer, or a machine that joined again, has replaced it.
  if (slot === undefined || slot.watchedAt !== timer.at) return
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
  if (slot.pinned > 0) machine.free[MEMORY] += slot.pinned
  slot.pinned = 0
  // The task it was being set up for was stopped before setup finished, so nothing of the stage is loaded.
  if (slot.loading) forgetLoaded(slot, stage)
  slot.loading = false
  if (slot.usedAt.length > 0) slot.usedAt[slot.usedAt.length - 1] = state.now
  // An idle slot can only end a run that is not active.
  const { run } = state.stages[stage]
  if (state.runs[run].state !== 'active') mark(state.scratch.touchedRuns, run)
  slot.stage = -1
  slot.klass = -1
  slot.work = 0
  slot.killing = undefined
  machine.idle.push(slot.number)
  if (machine.idle.length > 1) machine.idle.sort((a, b) => b - a)
  machineChanged(state, machine.number)
  if (machine.queued > 0) mark(state.scratch.dirty, machine.number)
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
  spend(state, machine, slot)
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

/** An attempt that answers nothing took the slot's time as one that answers does. */
function spend(state: State, machine: Machine, slot: Slot): void {
  if (slot.stage < 0 || slot.loading || slot.running.length + slot.stopping.size === 0) return
  const share = busy(state.stages[slot.stage], machine, Math.max(0, state.now - slot.headSince))
  // An attempt that is only stopping was counted when it was asked to stop.
  if (slot.running.length > 0) share.tasks += 1
  state.stages[slot.stage].lastEnd = state.now
  slot.headSince = state.now
}

/**
 * A slot is gone: alone, its task is charged; in company nobody is, and each goes again alone. Where we
 * ended it, whoever was stuck has been charged already, or was in company; where what ended it was left
 * behind by an item that is over (`lost`), nobody that runs is to blame.
 */
export function slotEnded(
  state: State,
  { machine: machineNumber, slot: slotNumber, failure, peakBytes = 0 }: SlotEnded,
): void {
  const machine = state.machines[machineNumber]
  const slot = machine?.slots[slotNumber]
  if (slot === undefined) return
  const running = [...slot.running]
  const stage = running.length > 0 ? state.stages[slot.stage] : undefined
  if (stage !== undefined) stage.peakBytes = Math.max(stage.peakBytes, peakBytes)
  const single = running.length === 1 && state.tasks.count[running[0]] === 1
  const alone = single && !slot.dying && failure.kind !== 'lost'
  const settingUp = slot.loading && running.length > 0
  spend(state, machine, slot)
  const klass = state.tasks.klass[running[0]] ?? -1
  for (const task of running) {
    if (alone) chargeHead(state, machine, slot, task, failure, settingUp)
    else returnTask(state, machine, slot, task, 'alone')
  }
  if (settingUp)
    setupLost(state, { machine: machineNumber, stage: slot.stage, klass }, slot.killing ?? failure)
  slot.stopping.clear()
  forgetAllLoaded(slot)
  slot.loading = false
  slot.dying = false
  releaseIfIdle(state, machine, slot)
}

type SlotEnded = Extract<Event, { kind: 'slotEnded' }>

/** The slot ended before an item of the stage had begun: that is the stage's doing, unless it was ours. */
function setupLost(
  state: State,
  { machine, stage, klass }: { machine: number; stage: number; klass: number },
  failure: Failure,
): void {
  if (failure.kind === 'lost' || failure.kind === 'cancelled') return
  // A shortage of memory on the whole box is waited out, not counted against the stage.
  if (failure.code === MEMORY_OF_BOX) return
  const { lostOn, n } = state.stages[stage].setup
  // What other slots had begun there by then changes nothing any more.
  if (!isGivenUpOn(state.stages[stage], machine)) {
    const count = (lostOn.get(machine)?.count ?? 0) + 1
    const hangs = failure.kind === 'timeout' && n === 0
    lostOn.set(machine, { count, hangs, last: failure.message })
  }
  returnUnstartable(state, state.machines[machine], state.stages[stage])
  state.recovery.push({ kind: 'setup', stage, machine, klass, failure })
}
