import type { Heap } from '../../std/heap.ts'
import { assignTask } from '../apply/assignment.ts'
import { isLoaded } from '../apply/slot.ts'
import { fitsNow, mendColumns } from '../columns.ts'
import { limits } from '../limits.ts'
import { joinLine } from '../line.ts'
import { queuedClasses } from '../live.ts'
import { clearMarks, sortMarks } from '../marks.ts'
import { holds } from '../models.ts'
import { firstTask, popTask, queuedCount, type TaskQueue } from '../queue.ts'
import type { Machine, Slot } from '../machine.ts'
import type { Class, State } from '../state.ts'
import { slotAt, slotKey } from '../scratch.ts'
import { isShared } from '../tenants.ts'
import { fits } from '../times.ts'
import { mustWait } from '../turns.ts'
import { choose } from './choose.ts'
import { makeRoom } from './evict.ts'
import { isOneByOne, takeMessage, wantsMore } from './message.ts'
import {
  bestBefore,
  bestClass,
  bestQueued,
  classesInOrder,
  isQueued,
  nextOn,
} from './next-class.ts'
import { decide, note, type Out } from './out.ts'
import { reservedFor } from './reserve.ts'

/** Early binding: every ready task of a run whose strategy binds early joins a machine's queue. */
export function assignEarly(state: State, out: Out): void {
  state.scratch.shared = isShared(state)
  state.scratch.between = 'unknown'
  state.scratch.lines.clear()
  if (!isQueued(state, 'early')) return
  const tasks: number[] = []
  const machines: number[] = []
  const turns = classesByTurn(state)
  for (;;) {
    const klass = turns === undefined ? bestClass(state, 'early') : turns.pop()
    if (klass === undefined) break
    const run = state.runs[state.stages[klass.stage].run]
    const machine = choose(state, run, klass, firstTask(klass.queue, state.tasks), 'early')
    if (machine < 0) {
      state.scratch.refused.add(klass.number)
      continue
    }
    const task = popTask(klass.queue, state.tasks)
    assignTask(state, task, machine)
    joinLine(state, state.machines[machine], task)
    if (turns !== undefined && queuedCount(klass.queue) > 0) turns.push(klass)
    tasks.push(task)
    machines.push(machine)
  }
  if (state.scratch.refused.size > 0) state.scratch.refused.clear()
  if (tasks.length > 0) note(out, { kind: 'assign', tasks, machines })
}

/**
 * Where there are many kinds of needs: the class in turn without a look at each of them. An assignment changes
 * no class but its own, save where shares decide between runs.
 */
function classesByTurn(state: State): Heap<Class> | undefined {
  if (state.scratch.shared || queuedClasses(state).count <= fewClasses) return undefined
  return classesInOrder(state, 'early', () => true)
}

/** A look at each costs no more than putting them in order. */
const fewClasses = 16

/** Free capacity takes tasks: hungry slots first, then machine queues, then late-bound choice. */
export function startTasks(state: State, out: Out): void {
  const { dirty, hungry } = state.scratch
  if (state.draining) {
    clearMarks(dirty)
    hungry.clear()
    return
  }
  if (hungry.size > 0) feedHungry(state, out)
  sortMarks(dirty)
  for (let at = 0; at < dirty.count; at += 1)
    startQueued(state, out, state.machines[dirty.numbers[at]])
  clearMarks(dirty)
  startLate(state, out)
}

function feedHungry(state: State, out: Out): void {
  const { hungry } = state.scratch
  for (const key of hungry) {
    const { machine, slot } = slotAt(key)
    feed(state, out, state.machines[machine], slot)
  }
  hungry.clear()
}

/**
 * A slot that has little left in flight takes what is next, if that is more of its class or can follow it: else it
 * would have nothing at hand while its answers are committed, once for every stage that its items go through.
 */
function feed(state: State, out: Out, machine: Machine, slotNumber: number): void {
  const slot = machine.slots[slotNumber]
  if (!machine.alive || machine.pressure || slot === undefined || slot.klass < 0) return
  if (slot.running.length === 0 || slot.askedAt > 0 || !wantsMore(state, slot)) return
  if (slot.stopping.size > 0 || slot.killing !== undefined) return
  if (state.runs[state.stages[slot.stage].run].state !== 'active' || aloneInFlight(state, slot))
    return
  const next = nextOn(state, machine)
  if (next === undefined) return
  const { klass, queue } = next
  if (klass.number !== slot.klass && !canFollow(state, slot, klass)) return
  start(state, out, machine, slotNumber, takeMessage(state, klass, machine, queue, slot))
}

/** Another stage of the same run, by the same lease and already set up; an idle slot is to have it first. */
function canFollow(state: State, slot: Slot, klass: Class): boolean {
  const head = state.stages[slot.stage]
  const stage = state.stages[klass.stage]
  if (stage.run !== head.run || slot.loading || !isLoaded(slot, klass.stage)) return false
  if (stage.definition.loads !== undefined || head.definition.loads !== undefined) return false
  if (isOneByOne(stage) || isOneByOne(head)) return false
  const { needs } = state.classes[slot.klass]
  if (klass.needs.some((need, resource) => need !== needs[resource])) return false
  return mendColumns(state).roomy.count === 0
}

function start(state: State, out: Out, machine: Machine, slot: number, tasks: number[]): void {
  if (tasks.length === 0) return
  const { number } = machine
  const { nextAttempt: firstAttempt } = state
  decide(state, out, { kind: 'start', machine: number, slot, firstAttempt, tasks })
}

/**
 * An idle slot's first message may be followed before it is answered: by another stage, or where it is one item.
 * When the answer comes, it is too late to have the next at hand.
 */
function startFirst(state: State, out: Out, machine: Machine, slot: number, taken: number[]): void {
  const { tasks } = state
  const [head] = taken
  const { run } = state.stages[tasks.stage[head]]
  start(state, out, machine, slot, taken)
  const isOne =
    taken.length === 1 && tasks.count[head] === 1 && tasks.predicted[head] > limits.messageWork
  if (isOne || state.runs[run].stages.length > 1)
    state.scratch.hungry.add(slotKey(machine.number, slot))
}

function aloneInFlight(state: State, slot: Slot): boolean {
  for (const task of slot.running) if (state.tasks.alone[task] === 1) return true
  return false
}

/** Starts what a machine's own queue holds, head by head, while something idle fits. */
function startQueued(state: State, out: Out, machine: Machine): void {
  if (!machine.alive || machine.pressure) return
  while (machine.queued > 0) {
    const klass = bestQueued(state, machine)
    if (klass === undefined || !fits(klass.needs, machine.free) || isHeld(state, klass, machine))
      return
    const slot = idleSlot(state, machine, klass.stage)
    const queue = machine.queues.get(klass.number)
    if (slot < 0 || queue === undefined) return
    if (startedBefore(state, out, klass, queue)) continue
    makeRoom(state, out, machine, slot, klass)
    startFirst(state, out, machine, slot, takeMessage(state, klass, machine, queue))
  }
}

/** A task bound to no machine, of a run that goes first, has taken room, perhaps this machine's. */
function startedBefore(state: State, out: Out, klass: Class, queue: TaskQueue): boolean {
  for (;;) {
    const rival = bestBefore(state, { klass, queue })
    if (rival === undefined) return false
    if (startWhereItCan(state, out, rival.klass)) return true
  }
}

/** The plan lets another go first, which is not ready yet. */
function isHeld(state: State, klass: Class, machine: Machine): boolean {
  const stage = state.stages[klass.stage]
  const turns = stage.graph?.turns
  const queue = machine.queues.get(klass.number)
  if (turns === undefined || queue === undefined) return false
  return mustWait(stage, turns, machine.number, state.tasks.first[firstTask(queue, state.tasks)])
}

/** Late binding: the best task of all, to the machine its strategy names among those that can start it now. */
function startLate(state: State, out: Out): void {
  while (mendColumns(state).roomy.count > 0) {
    const klass = bestClass(state, 'late')
    if (klass === undefined) break
    if (startWhereItCan(state, out, klass)) continue
    if (state.scratch.reserved < 0) state.scratch.reserved = reservedFor(state, klass)
    if (!startOneBehind(state, out)) break
  }
  state.scratch.reserved = -1
  if (state.scratch.refused.size > 0) state.scratch.refused.clear()
}

/**
 * Tries the classes behind a task that must wait, in order, up to the first that can start. Until then nothing
 * changes, so the order is worked out once rather than searched again among thousands of classes for each.
 */
function startOneBehind(state: State, out: Out): boolean {
  const waiting = classesInOrder(state, 'late', klass => fitsNow(state, klass))
  for (let klass = waiting.pop(); klass !== undefined; klass = waiting.pop())
    if (startWhereItCan(state, out, klass)) return true
  return false
}

/** Whether a task could be started. A class that could not is not tried again at this instant. */
function startWhereItCan(state: State, out: Out, klass: Class): boolean {
  const run = state.runs[state.stages[klass.stage].run]
  const number = choose(state, run, klass, firstTask(klass.queue, state.tasks), 'late')
  if (number < 0) {
    state.scratch.refused.add(klass.number)
    return false
  }
  const machine = state.machines[number]
  const slot = idleSlot(state, machine, klass.stage)
  makeRoom(state, out, machine, slot, klass)
  startFirst(state, out, machine, slot, takeMessage(state, klass, machine, klass.queue))
  return true
}

/** An idle slot, one that holds the stage or its model if there is one; a new one where slots are not counted; else -1. */
function idleSlot(state: State, machine: Machine, stage: number): number {
  const { idle } = machine
  if (idle.length === 0) return machine.definition.slots === undefined ? machine.slots.length : -1
  for (let at = idle.length - 1; at >= 0; at -= 1) {
    if (isLoaded(machine.slots[idle[at]], stage)) return idle[at]
  }
  const wanted = state.stages[stage]
  if (wanted.definition.loads !== undefined) {
    for (let at = idle.length - 1; at >= 0; at -= 1)
      if (holds(state, machine.slots[idle[at]], wanted)) return idle[at]
  }
  return idle[idle.length - 1]
}
