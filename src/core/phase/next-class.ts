import { type Heap, heap } from '../../std/heap.ts'
import { NEVER } from '../../std/time.ts'
import { AGEING } from '../../policy/order/priority.ts'
import type { Order } from '../../policy/order/order.ts'
import { findLiveRun, queuedClasses } from '../live.ts'
import { orderedTask } from '../ordered.ts'
import { firstTask, queuedCount, type TaskQueue } from '../queue.ts'
import type { Machine } from '../machine.ts'
import type { Run } from '../run.ts'
import type { Stage } from '../stage.ts'
import type { Class, State } from '../state.ts'
import { compareTenants } from '../tenants.ts'
import { displaces } from './stay.ts'

/**
 * The class whose head goes next, over runs of one binding. Runs by share or aged priority; within a
 * run what its order calls urgent, then downstream first, then by key. Ties end at the number.
 */
export function bestClass(state: State, binds: Binding): Class | undefined {
  let best: Class | undefined
  const { numbers, count } = queuedClasses(state)
  for (let at = 0; at < count; at += 1) {
    const klass = state.classes[numbers[at]]
    if (!isInTurn(state, klass, binds)) continue
    if (best === undefined || precedes(state, klass, klass.queue, best, best.queue)) best = klass
  }
  return best
}

/** Whether there is any. */
export function isQueued(state: State, binds: Binding): boolean {
  const { numbers, count } = queuedClasses(state)
  for (let at = 0; at < count; at += 1)
    if (isInTurn(state, state.classes[numbers[at]], binds)) return true
  return false
}

/** All of them that are `wanted`, to be taken in that order. */
export function classesInOrder(
  state: State,
  binds: Binding,
  wanted: (klass: Class) => boolean,
): Heap<Class> {
  const { numbers, count } = queuedClasses(state)
  const classes: Class[] = []
  for (let at = 0; at < count; at += 1) {
    const klass = state.classes[numbers[at]]
    if (isInTurn(state, klass, binds) && wanted(klass)) classes.push(klass)
  }
  return heap((a, b) => (precedes(state, a, a.queue, b, b.queue) ? -1 : 1), classes)
}

/** Of an active run of that binding, and not refused at this instant. */
function isInTurn({ scratch, runs, stages }: State, klass: Class, binds: Binding): boolean {
  if (scratch.refused.size > 0 && scratch.refused.has(klass.number)) return false
  const run = runs[stages[klass.stage].run]
  return run.state === 'active' && run.allocation.binds === binds
}

type Binding = 'early' | 'late'

/** The same among the tasks that were assigned to a machine. */
export function bestQueued(state: State, machine: Machine): Class | undefined {
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

/** What the machine would start next, whichever way it was bound, and where it waits. */
export function nextOn(state: State, machine: Machine): Waiting | undefined {
  const klass = bestQueued(state, machine)
  const queue = klass === undefined ? undefined : machine.queues.get(klass.number)
  const queued = klass === undefined || queue === undefined ? undefined : { klass, queue }
  return bestBefore(state, queued) ?? queued
}

/** A class and the queue its tasks wait in: its own, or one of a machine. */
type Waiting = { readonly klass: Class; readonly queue: TaskQueue }

/** The best that is bound to no machine, where it goes before what is. */
export function bestBefore(state: State, queued: Waiting | undefined): Waiting | undefined {
  const klass = bestClass(state, 'late')
  if (klass === undefined) return undefined
  const { queue } = klass
  if (queued === undefined) return { klass, queue }
  return precedes(state, klass, queue, queued.klass, queued.queue) ? { klass, queue } : undefined
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
  const { tasks } = state
  const { order } = state.runs[stageA.run]
  const headA = firstTask(inA, tasks)
  const headB = firstTask(inB, tasks)
  if (stageA.run !== stageB.run) return compareRuns(state, headA, headB) < 0
  const byUrgency = order.urgency === undefined ? 0 : compareHeads(state, order, headA, headB)
  if (byUrgency !== 0 && order.acrossStages === true) return byUrgency < 0
  if (stageA.depth !== stageB.depth) return stageA.depth > stageB.depth
  if (byUrgency !== 0) return byUrgency < 0
  if (tasks.key[headA] !== tasks.key[headB]) return tasks.key[headA] < tasks.key[headB]
  if (tasks.first[headA] !== tasks.first[headB]) return tasks.first[headA] < tasks.first[headB]
  return a.number < b.number
}

/**
 * By share if shares decide, by due date or slack if a run of such an order is active, then by age: a
 * step of priority is worth what it is under `priority`.
 */
function compareRuns(state: State, headA: number, headB: number): number {
  const a = runOf(state, headA)
  const b = runOf(state, headB)
  const byShare = state.scratch.shared ? compareTenants(state, a, b) : 0
  if (byShare !== 0) return byShare
  const order = betweenRuns(state)
  if (order !== undefined) {
    const dueA = dueBy(state, order, headA)
    const dueB = dueBy(state, order, headB)
    if (dueA !== dueB) return dueA < dueB ? -1 : 1
  }
  const byAge = agedPriority(a) - agedPriority(b)
  return byAge !== 0 ? byAge : a.number - b.number
}

/** Of the first such run, so that all compete by one rule; looked up once for each time of choosing. */
function betweenRuns(state: State): Order | undefined {
  const { scratch } = state
  if (scratch.between === 'unknown') {
    scratch.between = findLiveRun(state, isRanked)?.order
  }
  return scratch.between
}

const isRanked = ({ state, order }: Run): boolean =>
  state === 'active' && order.betweenRuns === true

/** Runs without a due date come after all that have one, by age. */
function dueBy(state: State, order: Order, task: number): number {
  const seen = orderedTask(state, stageOf(state, task), task)
  return seen.dueAt === NEVER ? NEVER : order.key(seen)
}

function agedPriority(run: Run): number {
  return run.submittedAt - run.definition.priority * AGEING
}

/** By urgency now, the greater first; a plan's ranks leave nothing to compare. */
function compareHeads(state: State, order: Order, a: number, b: number): number {
  const urgencyA = urgencyOf(state, order, a)
  const urgencyB = urgencyOf(state, order, b)
  return urgencyA === urgencyB ? 0 : urgencyA > urgencyB ? -1 : 1
}

function urgencyOf(state: State, order: Order, task: number): number {
  const stage = stageOf(state, task)
  if (stage.plan !== undefined && stage.plan.rank.size > 0) return 0
  return order.urgency?.(orderedTask(state, stage, task), state.now) ?? 0
}

const stageOf = ({ stages, tasks }: State, task: number): Stage => stages[tasks.stage[task]]

const runOf = (state: State, task: number): Run => state.runs[stageOf(state, task).run]
