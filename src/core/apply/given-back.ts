import { machineChanged } from '../columns.ts'
import type { Decision, GivenBack } from '../event.ts'
import type { Slot } from '../machine.ts'
import type { State } from '../state.ts'
import { expectedEnd } from '../behind.ts'
import { headChanged, isLive } from './attempt.ts'
import { forgetPlaces, placeQueuedAnew } from './placed-anew.ts'
import { releaseIfIdle } from './slot.ts'
import { returnUnbegun } from './task.ts'

/** What was sent to the slot so far is asked back, and what was bound to its machine by when that is through is placed anew. */
export function takeBack(state: State, at: Extract<Decision, { kind: 'takeBack' }>): void {
  const { tasks } = state
  const machine = state.machines[at.machine]
  const slot = machine.slots[at.slot]
  slot.askedAt = state.now
  for (const task of slot.running) slot.askedTo = Math.max(slot.askedTo, tasks.attempt[task])
  slot.freeAt = expectedEnd(state, machine, slot)
  machineChanged(state, machine.number)
  placeQueuedAnew(state, state.stages[slot.stage])
}

/** Nobody is charged: what had not begun is as if it had never been sent, and what had is done so far or goes on. */
export function givenBack(state: State, event: GivenBack): void {
  const { tasks } = state
  const machine = state.machines[event.machine]
  const slot = machine?.slots[event.slot]
  if (slot === undefined) return
  const head = slot.running[0]
  for (let at = 0; at < event.tasks.length; at += 1) {
    const task = event.tasks[at]
    const attempt = event.attempts[at]
    const first = event.firsts?.[at] ?? 0
    if (!isLive(state, event, task, attempt)) {
      owesLess(slot, attempt, first)
      continue
    }
    const end = tasks.first[task] + tasks.count[task]
    const from = Math.max(first, end - tasks.left[task])
    if (from >= end) continue
    if (attempt <= slot.askedTo) forgetPlaces(state, task, from)
    returnUnbegun(state, machine, slot, task, from)
  }
  if (slot.running.length === 0) return releaseIfIdle(state, machine, slot)
  if (slot.running[0] === head) {
    slot.freeAt = expectedEnd(state, machine, slot)
    return machineChanged(state, machine.number)
  }
  slot.headSince = state.now
  headChanged(state, machine, slot)
}

/** A fenced attempt answers no more for what it gives back. */
function owesLess({ stopping }: Slot, attempt: number, first: number): void {
  const owed = stopping.get(attempt)
  if (owed === undefined) return
  if (first > owed[0]) stopping.set(attempt, [owed[0], Math.min(owed[1], first - 1)])
  else stopping.delete(attempt)
}
