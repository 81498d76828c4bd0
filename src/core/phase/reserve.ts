import { eligibleFor } from '../columns.ts'
import { limits } from '../limits.ts'
import { firstTask } from '../queue.ts'
import type { Machine } from '../machine.ts'
import type { Class, State } from '../state.ts'
import { comparableMicros, fits } from '../times.ts'
import { classesInOrder } from './next-class.ts'

/**
 * A task that asks for more than is free lets others go first, and where those never cease it would wait for ever.
 * So once it has waited long for the room it needs, one machine is kept for it and starts nothing else until it fits
 * (a reservation, as in EASY backfilling, Lifka 1995). Not at once: until the room is there slots lie idle. Having
 * waited `limits.patience` times what that and the task itself take, it costs about a tenth of the time at most.
 * A problem's tasks come to an end, and its list schedules are what the literature says they are: none is kept there.
 *
 * The machine, or -1: it may wait on.
 */
export function reservedFor(state: State, klass: Class): number {
  const stage = state.stages[klass.stage]
  if (stage.graph !== undefined) return -1
  const task = firstTask(klass.queue, state.tasks)
  const worth = (state.now - state.tasks.readyAt[task]) / limits.patience
  let best = -1
  let least = Number.POSITIVE_INFINITY
  const { machines, count } = eligibleFor(state, klass).offers
  for (let at = 0; at < Math.min(count, mostLookedAt); at += 1) {
    const machine = state.machines[machines[at]]
    if (machine.pressure) continue
    if (fits(klass.needs, machine.free)) return -1
    const room = roomIn(state, machine, klass.needs)
    if (room >= least || room + comparableMicros(state, stage, machine, task) > worth) continue
    least = room
    best = machine.number
  }
  return best
}

/** Which machine starts nothing now but tasks of a class that has waited long for room, if one does. */
export function kept(state: State): { readonly machine: number; readonly for: Class } | undefined {
  const waiting = classesInOrder(state, 'late', () => true)
  for (let klass = waiting.pop(); klass !== undefined; klass = waiting.pop()) {
    const machine = reservedFor(state, klass)
    if (machine >= 0) return { machine, for: klass }
  }
  return undefined
}

/** Machines: enough for one box, and little to look at in a decision. */
const mostLookedAt = 64

/** Micros until what runs there leaves that much free; what is overdue is believed to need as long again. */
function roomIn({ now, classes }: State, machine: Machine, needs: Float64Array): number {
  const room = machine.free.slice()
  const ends = machine.slots.flatMap(({ running, klass, freeAt }) =>
    running.length === 0 ? [] : [{ left: Math.abs(freeAt - now), held: classes[klass].needs }],
  )
  ends.sort((a, b) => a.left - b.left)
  for (const { left, held } of ends) {
    held.forEach((amount, resource) => {
      room[resource] += amount
    })
    if (fits(needs, room)) return left
  }
  return 0
}
