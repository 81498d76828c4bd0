import { limits } from '../limits.ts'
import type { TaskQueue } from '../queue.ts'
import { firstTask, popTask, queuedCount } from '../queue.ts'
import type { Class, Machine, State } from '../state.ts'
import { expectedMicros } from '../times.ts'

/**
 * What one message to a slot carries, taken off the queue: the head, and as many more as make up the
 * message's work when their time is known, but never so many that another slot would go without, save what
 * takes less time than handing it over. A slot that is still at work is given more only where that is so: it is
 * to have the next items at hand when it answers, not to queue what an idle slot could run.
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
  if (which === 'more' && expected >= limits.messageWork && !mayQueue(state, head, queue, sharers))
    return []
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

/** A chunk of short items that follows another: with one left for every slot, none goes without for it. */
function mayQueue({ tasks }: State, head: number, queue: TaskQueue, sharers: number): boolean {
  return tasks.count[head] > 1 && queuedCount(queue) > sharers
}

function slotCount(state: State): number {
  let slots = 0
  for (const machine of state.machines) if (machine.alive) slots += machine.slots.length
  return slots
}
