import { limits } from '../limits.ts'
import type { TaskQueue } from '../queue.ts'
import { firstTask, popTask, queuedCount } from '../queue.ts'
import type { Class, Machine, Stage, State } from '../state.ts'
import { expectedMicros } from '../times.ts'

/**
 * What one message to a slot carries, taken off the queue: the head, and as many more as make up the
 * message's work when their time is known, but never so many that another slot would go without, save what
 * takes less time than handing it over. A slot that is still at work is given more only where that is so: it is
 * to have the next items at hand when it answers, not to queue what an idle slot could run: what is longer than a
 * message only with one left for every slot.
 */
export function takeMessage(
  state: State,
  klass: Class,
  machine: Machine,
  queue: TaskQueue,
  which: 'first' | 'more',
): number[] {
  const { tasks } = state
  const head = firstTask(queue, tasks)
  const stage = state.stages[klass.stage]
  if (tasks.alone[head] === 1 || stage.graph !== undefined || stage.pooled.n < limits.samples)
    return which === 'more' ? [] : [popTask(queue, tasks)]
  const expected = expectedMicros(
    stage,
    machine,
    tasks.first[head],
    tasks.size[head],
    tasks.count[head],
  )
  const sharers = queue === klass.queue ? slotCount(state) : machine.slots.length
  if (which === 'more' && expected >= limits.messageWork) {
    const isShort = tasks.count[head] > 1 || (expected <= limits.worthOne && !isOneByOne(stage))
    if (!isShort || queuedCount(queue) <= sharers) return []
  }
  const share = Math.ceil(queuedCount(queue) / (2 * Math.max(1, sharers)))
  const taken = [popTask(queue, tasks)]
  let work = expected
  while (taken.length < limits.messageTasks && queuedCount(queue) > 0) {
    const next = firstTask(queue, tasks)
    work += (expected / tasks.count[head]) * tasks.count[next]
    const most = taken.length < share ? limits.messageWork : limits.handOver
    if (tasks.alone[next] === 1 || work > most) break
    taken.push(popTask(queue, tasks))
  }
  return taken
}

/** The job wants each item handed over by itself: where its slot dies or it hangs, no other was there to be suspected. */
export function isOneByOne({ definition: { chunk } }: Stage): boolean {
  return chunk.kind === 'fixed' && chunk.items === 1
}

function slotCount(state: State): number {
  let slots = 0
  for (const machine of state.machines) if (machine.alive) slots += machine.slots.length
  return slots
}
