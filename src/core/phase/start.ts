import type { Order } from '../../policy/order/order.ts'
import { assignTask } from '../apply/attempt.ts'
import { orderedTask } from '../apply/enqueue.ts'
import { mendColumns } from '../columns.ts'
import { limits } from '../limits.ts'
import { clearMarks, sortMarks } from '../marks.ts'
import { holds } from '../models.ts'
import type { TaskQueue } from '../queue.ts'
import { firstTask, popTask, queuedCount } from '../queue.ts'
import type { Class, Machine, Run, Slot, State } from '../state.ts'
import { compareTenants, isShared } from '../tenants.ts'
import { expectedMicros, fits } from '../times.ts'
import { mustWait } from '../turns.ts'
import { choose } from './choose.ts'
import { displaces } from './stay.ts'
import { makeRoom } from './evict.ts'
import type { Out } from './out.ts'
import { decide } from './out.ts'

/** Early binding: every ready task of a run whose strategy binds early joins a machine's queue. */
export function assignEarly(state: State, out: Out): void {
  const tasks: number[] = []
  const machines: number[] = []
  state.scratch.shared = isShared(state)
  for (
    let klass = bestClass(state, isEarly);
    klass !== undefined;
    klass = bestClass(state, isEarly)
  ) {
    const run = state.runs[state.stages[klass.stage].run]
    const machine = choose(state, run, klass, firstTask(klass.queue, state.tasks), 'early')
    if (machine < 0) {
      state.scratch.refused.add(klass.number)
      continue
    }
    const task = popTask(klass.queue, state.tasks)
    assignTask(state, task, machine)
    tasks.push(task)
    machines.push(machine)
  }
  if (state.scratch.refused.size > 0) state.scratch.refused.clear()
  if (tasks.length > 0) out.decisions.push({ kind: 'assign', tasks, machines })
}

function isEarly(run: Run): boolean {
  return run.allocation.binds === 'early'
}

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
  for (const key of hungry) feed(state, out, state.machines[Math.floor(key / 65_536)], key % 65_536)
  hungry.clear()
}

/** A slot that answered and has little left in flight takes more of the same class, if that class is next. */
function feed(state: State, out: Out, machine: Machine, slotNumber: number): void {
  const slot = machine.slots[slotNumber]
  if (
    !machine.alive ||
    machine.pressure ||
    slot === undefined ||
    slot.klass < 0 ||
    slot.stopping.size > 0
  )
    return
  if (slot.running.length === 0 || slot.work > limits.messageWork || slot.killing !== undefined)
    return
  const klass = state.classes[slot.klass]
  const run = state.runs[state.stages[klass.stage].run]
  if (run.state !== 'active' || aloneInFlight(state, slot)) return
  const queue = queueOf(run, machine, klass)
  if (queue === undefined || queuedCount(queue) === 0) return
  if (bestQueue(state, machine) !== queue) return
  const tasks = takeMessage(state, klass, machine, queue, true)
  if (tasks.length > 0) {
    decide(state, out, {
      kind: 'start',
      machine: machine.number,
      slot: slotNumber,
      firstAttempt: state.nextAttempt,
      tasks,
    })
  }
}

function aloneInFlight(state: State, slot: Slot): boolean {
  for (const task of slot.running) if (state.tasks.alone[task] === 1) return true
  return false
}

function queueOf(run: Run, machine: Machine, klass: Class): TaskQueue | undefined {
  return run.allocation.binds === 'early' ? machine.queues.get(klass.number) : klass.queue
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
    makeRoom(state, out, machine, slot, klass)
    const tasks = takeMessage(state, klass, machine, queue, false)
    decide(state, out, {
      kind: 'start',
      machine: machine.number,
      slot,
      firstAttempt: state.nextAttempt,
      tasks,
    })
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
  while (mendColumns(state).roomy > 0) {
    const klass = bestClass(state, isLate)
    if (klass === undefined) break
    const run = state.runs[state.stages[klass.stage].run]
    const number = choose(state, run, klass, firstTask(klass.queue, state.tasks), 'late')
    if (number < 0) {
      state.scratch.refused.add(klass.number)
      continue
    }
    const machine = state.machines[number]
    const slot = idleSlot(state, machine, klass.stage)
    makeRoom(state, out, machine, slot, klass)
    const tasks = takeMessage(state, klass, machine, klass.queue, false)
    decide(state, out, {
      kind: 'start',
      machine: number,
      slot,
      firstAttempt: state.nextAttempt,
      tasks,
    })
  }
  if (state.scratch.refused.size > 0) state.scratch.refused.clear()
}

function isLate(run: Run): boolean {
  return run.allocation.binds === 'late'
}

/** An idle slot, one that holds the stage or its model if there is one; a new one where slots are not counted; else -1. */
function idleSlot(state: State, machine: Machine, stage: number): number {
  const { idle } = machine
  if (idle.length === 0) return machine.definition.slots === undefined ? machine.slots.length : -1
  for (let at = idle.length - 1; at >= 0; at -= 1) {
    if (machine.slots[idle[at]].loaded.includes(stage)) return idle[at]
  }
  const wanted = state.stages[stage]
  if (wanted.definition.loads !== undefined) {
    for (let at = idle.length - 1; at >= 0; at -= 1)
      if (holds(state, machine.slots[idle[at]], wanted)) return idle[at]
  }
  return idle[idle.length - 1]
}

/**
 * What one message carries: the head, and as many more as make up the message's work when their time
 * is known, but never so many that another slot would go without.
 */
function takeMessage(
  state: State,
  klass: Class,
  machine: Machine,
  queue: TaskQueue,
  more: boolean,
): number[] {
  const { tasks } = state
  const head = firstTask(queue, tasks)
  const stage = state.stages[klass.stage]
  if (tasks.alone[head] === 1 || stage.graph !== undefined || stage.pooled.n < limits.samples)
    return more ? [] : [popTask(queue, tasks)]
  const expected = expectedMicros(
    stage,
    machine,
    tasks.first[head],
    tasks.size[head],
    tasks.count[head],
  )
  if (more && expected >= limits.messageWork) return []
  const sharers = queue === klass.queue ? slotCount(state) : machine.slots.length
  const share = Math.ceil(queuedCount(queue) / (2 * Math.max(1, sharers)))
  const most = Math.min(
    limits.messageTasks,
    share,
    Math.floor(limits.messageWork / Math.max(1, expected)),
  )
  const taken = [popTask(queue, tasks)]
  while (taken.length < most && queuedCount(queue) > 0) {
    if (tasks.alone[firstTask(queue, tasks)] === 1) break
    taken.push(popTask(queue, tasks))
  }
  return taken
}

function slotCount(state: State): number {
  let slots = 0
  for (const machine of state.machines) if (machine.alive) slots += machine.slots.length
  return slots
}

/** The class whose head goes next, over runs of one binding. Runs by aged priority, then downstream first, then by key. */
function bestClass(state: State, binds: (run: Run) => boolean): Class | undefined {
  let best: Class | undefined
  for (const klass of state.classes) {
    if (queuedCount(klass.queue) === 0 || state.scratch.refused.has(klass.number)) continue
    const run = state.runs[state.stages[klass.stage].run]
    if (run.state !== 'active' || !binds(run)) continue
    if (best === undefined || precedes(state, klass, klass.queue, best, best.queue)) best = klass
  }
  return best
}

function bestQueued(state: State, machine: Machine): Class | undefined {
  let best: Class | undefined
  let bestIn: TaskQueue | undefined
  for (const [number, queue] of machine.queues) {
    if (queuedCount(queue) === 0) continue
    const klass = state.classes[number]
    if (state.runs[state.stages[klass.stage].run].state !== 'active') continue
    if (
      best === undefined ||
      bestIn === undefined ||
      precedes(state, klass, queue, best, bestIn, machine)
    ) {
      best = klass
      bestIn = queue
    }
  }
  return best
}

function bestQueue(state: State, machine: Machine): TaskQueue | undefined {
  const queued = bestQueued(state, machine)
  if (queued !== undefined) return machine.queues.get(queued.number)
  return bestClass(state, isLate)?.queue
}

function precedes(
  state: State,
  a: Class,
  inA: TaskQueue,
  b: Class,
  inB: TaskQueue,
  on?: Machine,
): boolean {
  if (state.scratch.loadedAt.size > 0) {
    const goes = displaces(state, a, on)
    if (goes !== displaces(state, b, on)) return !goes
  }
  const stageA = state.stages[a.stage]
  const stageB = state.stages[b.stage]
  if (stageA.run !== stageB.run) {
    const runA = state.runs[stageA.run]
    const runB = state.runs[stageB.run]
    const byShare = state.scratch.shared ? compareTenants(state, runA, runB) : 0
    if (byShare !== 0) return byShare < 0
    const byAge = agedPriority(runA) - agedPriority(runB)
    return byAge !== 0 ? byAge < 0 : runA.number < runB.number
  }
  const { tasks } = state
  const { order } = state.runs[stageA.run]
  const headA = firstTask(inA, tasks)
  const headB = firstTask(inB, tasks)
  const byUrgency = order.urgency === undefined ? 0 : compareHeads(state, order, headA, headB)
  if (byUrgency !== 0 && order.acrossStages === true) return byUrgency < 0
  if (stageA.depth !== stageB.depth) return stageA.depth > stageB.depth
  if (byUrgency !== 0) return byUrgency < 0
  if (tasks.key[headA] !== tasks.key[headB]) return tasks.key[headA] < tasks.key[headB]
  if (tasks.first[headA] !== tasks.first[headB]) return tasks.first[headA] < tasks.first[headB]
  return a.number < b.number
}

/** By urgency now, the greater first; a plan's ranks leave nothing to compare. */
function compareHeads(state: State, order: Order, a: number, b: number): number {
  const [urgencyA, urgencyB] = [a, b].map(task => {
    const stage = state.stages[state.tasks.stage[task]]
    if (stage.plan !== undefined) return 0
    return order.urgency?.(orderedTask(state, stage, task), state.now) ?? 0
  })
  return urgencyA === urgencyB ? 0 : urgencyA > urgencyB ? -1 : 1
}

/** One step of a run's priority is worth a minute of having been submitted earlier. */
function agedPriority(run: Run): number {
  return run.submittedAt - run.definition.priority * 60_000_000
}
