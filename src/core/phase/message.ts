import { eligibleFor } from '../columns.ts'
import { limits } from '../limits.ts'
import { firstTask, popTask, queuedCount, type TaskQueue } from '../queue.ts'
import type { Machine, Slot } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { Class, State } from '../state.ts'
import { areAlike, expectedMicros } from '../times.ts'

/**
 * What one message to a slot carries, taken off the queue: the head, and as many more as make up the
 * message's work when their time is known, but never so many that another slot would go without, save what
 * takes less time than handing it over. A slot that is still at work (`busy`) is given more only where that is so:
 * it is to have the next items at hand when it answers, not to queue what an idle slot could run: what is longer than a
 * message only with one left for every slot.
 *
 * What is sent ahead waits when an item before it takes longer than expected, until it is asked back (`askForIdle`), which
 * costs, and until a handler that never lets its slot listen has ended that item. So near the end a slot gets no more
 * than its share of what waits, by how fast it is. Two rules measure that share, for two kinds of task:
 * - Single items that chunks could have been made of (`guidedWork`) are cut to a message here, as a policy cuts
 *   chunks: half an even share. They are small, so what the slot has left can count in full against that half, and one
 *   goes anyway when the slot has next to nothing: being strict costs no waiting.
 * - A chunk (`isBeyondShare`) was cut to half a share already and goes whole or not at all. Against half a share none
 *   would go before the one in front has ended, and near the end the slot would wait for a commit after every chunk.
 *   So what it has left may be up to a whole share.
 * One rule for both was tried on the core in virtual time: half a share costs chunks of even items 0.3 to 0.4 % of the
 * makespan; three quarters, or all of a share, cost single items of which a few take far longer up to 1 %.
 */
export function takeMessage(
  state: State,
  klass: Class,
  machine: Machine,
  queue: TaskQueue,
  busy?: Slot,
): number[] {
  const { tasks } = state
  const head = firstTask(queue, tasks)
  const stage = state.stages[klass.stage]
  if (tasks.alone[head] === 1 || stage.graph !== undefined || stage.pooled.n < limits.samples)
    return busy === undefined ? [popTask(queue, tasks)] : []
  const expected = timeOf(state, stage, machine, head)
  const guided = isLikeChunks(state, stage, head)
  const own = queue !== klass.queue
  const sharers = Math.max(
    1,
    own ? machine.slots.length : slotsAsFast(state, klass, machine, expected),
  )
  const lacks = busy === undefined || lacksNext(state, busy)
  const worth = guided ? guidedWork(state, stage, machine, queue, sharers, busy) : 0
  if (!lacks && expected > worth) return []
  if (busy !== undefined && expected >= limits.messageWork) {
    const isShort = tasks.count[head] > 1 || (expected <= limits.worthOne && !isOneByOne(stage))
    if (!isShort || queuedCount(queue) <= sharers) return []
    const isChunk = tasks.count[head] > 1
    if (isChunk && isBeyondShare(state, stage, queue, busy, { expected, sharers })) return []
  }
  const most = lacks ? Math.max(limits.messageWork, worth) : worth
  const share = Math.ceil(queuedCount(queue) / (2 * sharers))
  const taken = [popTask(queue, tasks)]
  let last = head
  let micros = expected
  let work = expected
  while (taken.length < limits.messageTasks && queuedCount(queue) > 0) {
    const next = firstTask(queue, tasks)
    if (!areAlike(tasks, stage, next, last)) micros = timeOf(state, stage, machine, next)
    last = next
    work += micros
    if (tasks.alone[next] === 1 || work > (taken.length < share ? most : limits.handOver)) break
    taken.push(popTask(queue, tasks))
  }
  return taken
}

/**
 * Whether a slot at work is to be asked for more: it would have nothing at hand while its answers are committed, or
 * it may hold as much as chunks would.
 */
export function wantsMore(state: State, slot: Slot): boolean {
  if (lacksNext(state, slot)) return true
  if (slot.running.length >= limits.messageTasks) return false
  const stage = state.stages[slot.stage]
  return isLikeChunks(state, stage, slot.running[0]) && workLeft(state, slot) <= limits.chunkAhead
}

function lacksNext(state: State, slot: Slot): boolean {
  const head = slot.running[0]
  const left = workLeft(state, slot)
  if (state.tasks.count[head] > 1) return left <= limits.chunkAhead
  if (left <= limits.messageWork) return true
  return slot.running.length === 1 && state.tasks.predicted[head] <= limits.worthOne
}

/** Predicted, of what the slot has in flight: of its first task the items not answered yet. */
function workLeft({ tasks }: State, slot: Slot): number {
  const head = slot.running[0]
  const { count, left, predicted } = tasks
  return slot.work - predicted[head] * (1 - left[head] / count[head])
}

/**
 * Predicted work a slot may be given of single items that an order or a plan looks at one by one: what a chunk
 * carries, so that its answers may leave as seldom, but with what it has left no more than half of an even share.
 */
function guidedWork(
  state: State,
  stage: Stage,
  machine: Machine,
  queue: TaskQueue,
  sharers: number,
  busy: Slot | undefined,
): number {
  const left = busy === undefined ? 0 : workLeft(state, busy)
  const waiting = expectedMicros(stage, machine, 0, queue.size, queuedCount(queue))
  return Math.min(limits.chunkWork, waiting / (2 * sharers) - left)
}

/** The slot has more left than an even share of what waits: the rest is for whoever ends first. */
function isBeyondShare(
  state: State,
  stage: Stage,
  queue: TaskQueue,
  busy: Slot,
  { expected, sharers }: { readonly expected: number; readonly sharers: number },
): boolean {
  if (!stage.complete) return false
  const perItem = expected / state.tasks.count[firstTask(queue, state.tasks)]
  const waiting = expected * queuedCount(queue) + perItem * stage.pool.size
  return workLeft(state, busy) > waiting / sharers
}

/** One item, only because an order or a plan looks at each, or because few are left: the job leaves chunks to us. */
function isLikeChunks({ tasks }: State, { definition, graph }: Stage, task: number): boolean {
  return tasks.count[task] === 1 && definition.chunk.kind === 'auto' && graph === undefined
}

/** The job wants each item handed over by itself: where its slot dies or it hangs, no other was there to be suspected. */
export function isOneByOne({ definition: { chunk } }: Stage): boolean {
  return chunk.kind === 'fixed' && chunk.items === 1
}

/** As many slots like this machine's as all that could run the class come to, by the time each takes for its head. */
function slotsAsFast(state: State, klass: Class, machine: Machine, expected: number): number {
  const { machines, count } = eligibleFor(state, klass).offers
  const head = firstTask(klass.queue, state.tasks)
  const stage = state.stages[klass.stage]
  let slots = 0
  for (let at = 0; at < count; at += 1) {
    const other = state.machines[machines[at]]
    const ratio = other === machine ? 1 : expected / Math.max(1, timeOf(state, stage, other, head))
    slots += other.slots.length * ratio
  }
  return slots
}

function timeOf({ tasks }: State, stage: Stage, machine: Machine, task: number): number {
  return expectedMicros(stage, machine, tasks.first[task], tasks.size[task], tasks.count[task])
}
