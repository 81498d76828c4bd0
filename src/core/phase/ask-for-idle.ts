import { isLoaded } from '../apply/slot.ts'
import { type Behind, behind, microsLeft } from '../behind.ts'
import { eligibleFor, mendColumns } from '../columns.ts'
import { limits } from '../limits.ts'
import { findLiveRun } from '../live.ts'
import type { Machine, Slot } from '../machine.ts'
import { firstTask, queuedCount } from '../queue.ts'
import type { Run } from '../run.ts'
import type { Class, State } from '../state.ts'
import { ASSIGNED } from '../tasks.ts'
import { expectedMicros, fits } from '../times.ts'
import { decide, type Out } from './out.ts'

/**
 * Items that were sent ahead to a slot, so that it would not wait for them, wait there while others have nothing to
 * do: one before them takes long, or their machine is slow. They are asked back where the last of them would end
 * sooner elsewhere, by more than asking costs; the slot gets no more before the item that runs there has ended.
 * What came back twice stays where it is sent next. What was bound to a machine early by when it would be through,
 * and waits in its queue, is placed anew with it. True: something was asked back.
 */
export function askForIdle(state: State, out: Out): boolean {
  if (state.draining) return false
  const { roomy } = mendColumns(state)
  if (roomy.count === 0 || findLiveRun(state, run => hasOwnTimes(state, run)) === undefined)
    return false
  const { waiting, asked } = waitingBehind(state)
  const most = Math.max(0, idleSlots(state) - asked)
  waiting.sort((a, b) => b.gain - a.gain)
  for (const { machine, slot } of waiting.slice(0, most))
    decide(state, out, { kind: 'takeBack', machine: machine.number, slot: slot.number })
  if (waiting.length > most) wake(state, state.now + limits.heldBack)
  return waiting.length > 0 && most > 0
}

/** Only a stage whose times are learnt sends anything ahead. */
function hasOwnTimes({ stages }: State, run: Run): boolean {
  return run.state === 'active' && run.stages.some(stage => stages[stage].graph === undefined)
}

function idleSlots(state: State): number {
  const { roomy } = state.scratch.columns
  let slots = 0
  for (let at = 0; at < roomy.count; at += 1)
    slots += Math.max(1, state.machines[roomy.machines[at]].idle.length)
  return slots
}

type Waiting = { readonly machine: Machine; readonly slot: Slot; readonly gain: number }

/** Slots worth asking now, and how many were asked a moment ago; for the others it is noted when they may be. */
function waitingBehind(state: State): { waiting: Waiting[]; asked: number } {
  const waiting: Waiting[] = []
  const elsewhere = new Map<number, Elsewhere | undefined>()
  let asked = 0
  const look = (machine: Machine, slot: Slot, task: number): void => {
    if (task < 0) return
    const klass = state.classes[state.tasks.klass[task]]
    if (!elsewhere.has(klass.number)) elsewhere.set(klass.number, bestElsewhere(state, klass))
    const other = elsewhere.get(klass.number)
    if (other === undefined) return
    const gain = gainOf(state, machine, slot, task, other)
    if (gain >= limits.worthAsking) waiting.push({ machine, slot, gain })
  }
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      if (slot.running.length === 0) continue
      if (slot.askedAt > 0 && state.now - slot.askedAt < limits.heldBack) asked += 1
      look(machine, slot, lastAhead(state, machine, slot))
    }
    if (machine.queued > 0) {
      const slot = firstThrough(state, machine)
      if (slot !== undefined) look(machine, slot, headQueued(state, machine, slot))
    }
  }
  return { waiting, asked }
}

/** The last task sent ahead, where it may be asked back: then none like it waits in the queue; else -1. */
function lastAhead(state: State, machine: Machine, slot: Slot): number {
  const { tasks, stages, classes } = state
  const { length } = slot.running
  const last = slot.running[length - 1]
  if (length === 1 && tasks.left[last] === 1) return -1
  if (tasks.attempt[last] <= slot.askedTo || tasks.returned[last] >= limits.returns) return -1
  const { graph, definition } = stages[tasks.stage[last]]
  if (graph !== undefined || definition.chunk.kind === 'whole') return -1
  if (!isAtWork(state, slot) || !isPlacedAnew(state, machine, last)) return -1
  return queuedCount(classes[tasks.klass[last]].queue) > 0 ? -1 : last
}

function isAtWork({ runs, stages }: State, slot: Slot): boolean {
  if (slot.loading || slot.dying || slot.killing !== undefined || slot.stopping.size > 0)
    return false
  return runs[stages[slot.stage].run].state === 'active'
}

/** Bound late; or early, by a rule that knows when machines are through. */
function isPlacedAnew({ tasks, stages, runs }: State, { queued }: Machine, task: number): boolean {
  const { binds, placesAnew } = runs[stages[tasks.stage[task]].run].allocation
  return binds === 'late' || (placesAnew === true && queued <= limits.messageTasks)
}

/** Of a machine whose queue waits: the slot that would take the next of it, if all are at work. */
function firstThrough(state: State, machine: Machine): Slot | undefined {
  if (!machine.alive || machine.queued > limits.messageTasks) return undefined
  let first: Slot | undefined
  let least = Number.POSITIVE_INFINITY
  for (const slot of machine.slots) {
    if (slot.running.length === 0 || !isAtWork(state, slot)) return undefined
    const left = microsLeft(behind(state, machine, slot))
    if (left >= least) continue
    first = slot
    least = left
  }
  return first
}

/**
 * The next in the machine's queue, where no plan put it there; else -1. For one item that runs it is asked each time
 * that it has taken twice as long: what it may still take is twice as long as well.
 */
function headQueued(state: State, machine: Machine, slot: Slot): number {
  const { tasks, stages } = state
  const elapsed = state.now - slot.headSince
  if (slot.askedAt > 0 && elapsed < 2 * (slot.askedAt - slot.headSince)) return -1
  for (const queue of machine.queues.values()) {
    const task = firstTask(queue, tasks)
    if (task < 0 || !isPlacedAnew(state, machine, task)) continue
    const { graph, plan } = stages[tasks.stage[task]]
    if (graph === undefined && plan === undefined) return task
  }
  return -1
}

/** Where an item of the class would go, and micros until it begins there. */
type Elsewhere = { readonly machine: Machine; readonly begins: number }

function bestElsewhere(state: State, klass: Class): Elsewhere | undefined {
  const { roomy } = state.scratch.columns
  const { flags } = eligibleFor(state, klass)
  const stage = state.stages[klass.stage]
  let best: Elsewhere | undefined
  let least = Number.POSITIVE_INFINITY
  for (let at = 0; at < roomy.count; at += 1) {
    const machine = state.machines[roomy.machines[at]]
    if (flags[machine.number] !== 1 || !fits(klass.needs, machine.free)) continue
    const isSetUp = machine.idle.some(slot => isLoaded(machine.slots[slot], stage.number))
    const setup = isSetUp || stage.setup.n === 0 ? 0 : stage.setup.waited / stage.setup.n
    const begins = limits.asking + setup
    const micros = expectedMicros(stage, machine, 0, 1)
    const ends = begins + (Number.isNaN(micros) ? 1 / machine.definition.speed : micros)
    if (ends >= least) continue
    best = { machine, begins }
    least = ends
  }
  return best
}

/** Micros by which what waits last would end sooner elsewhere. Where that is too little, it may come to enough later. */
function gainOf(
  state: State,
  machine: Machine,
  slot: Slot,
  task: number,
  other: Elsewhere,
): number {
  const left = withQueue(state, machine, behind(state, machine, slot), task)
  const cost = costElsewhere(state, machine, slot, task, other)
  const gain = microsLeft(left) - cost(left.elapsed)
  if (gain < limits.worthAsking) {
    const at = slot.headSince + worthwhileAfter(left, cost)
    if (at > state.now && at < Number.POSITIVE_INFINITY) wake(state, Math.ceil(at))
  }
  return gain
}

/** With its share of what waits in the machine's queue, if it is that which waits. */
function withQueue({ tasks, stages }: State, machine: Machine, left: Behind, task: number): Behind {
  if (tasks.state[task] !== ASSIGNED) return left
  const { first, size, count } = tasks
  const stage = stages[tasks.stage[task]]
  const each = expectedMicros(stage, machine, first[task], size[task] / count[task])
  const items = (machine.queued * count[task]) / machine.slots.length
  return { ...left, items: left.items + items, total: left.total + items * each }
}

/**
 * Micros until the task would have ended there, or one item of a chunk that has begun. While nothing is known an
 * item takes as long as the one that runs has so far, by speed. What it takes longer on a slower machine counts three
 * times, for it may be one of those that take long.
 */
function costElsewhere(
  state: State,
  here: Machine,
  { running }: Slot,
  task: number,
  { machine: there, begins }: Elsewhere,
): (elapsed: number) => number {
  const { tasks, stages } = state
  const items = task === running[0] ? 1 : tasks.count[task]
  const stage = stages[tasks.stage[task]]
  const on = (machine: Machine) =>
    items * expectedMicros(stage, machine, tasks.first[task], tasks.size[task] / tasks.count[task])
  const risky = (itTakes: number, itTook: number) =>
    begins + itTakes + 2 * Math.max(0, itTakes - itTook)
  const known = risky(on(there), on(here))
  if (!Number.isNaN(known)) return () => known
  const slower = here.definition.speed / there.definition.speed
  return elapsed => risky(items * slower * elapsed, items * elapsed)
}

/** Micros after which the slot has said nothing for so long that asking is worth it. */
function worthwhileAfter(
  { items, head, total }: Behind,
  cost: (elapsed: number) => number,
): number {
  const most = limits.worthAsking + cost(0)
  if (!Number.isNaN(total)) return Math.max(head + limits.heldBack + 1, most - total + head)
  const gained = items - (cost(1) - cost(0))
  return gained > 0 ? Math.max(limits.heldBack, most / gained) : Number.POSITIVE_INFINITY
}

function wake({ scratch }: State, at: number): void {
  scratch.askAt = Math.min(scratch.askAt, at)
}
