import { limits } from '../limits.ts'
import type { Slot } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { returnQueued } from './assignment.ts'

/** What comes back is placed anew, whatever machine a plan named for it when nobody knew of the item before it. */
export function forgetPlaces({ tasks, stages }: State, task: number, from: number): void {
  const { plan } = stages[tasks.stage[task]]
  const end = tasks.first[task] + tasks.count[task]
  for (let index = from; index < end; index += 1) plan?.machine.delete(index)
}

/**
 * The item that kept others waiting has ended. Until then its machine counted as taken for as long again, so what was
 * bound early was placed by a guess.
 */
export function endedAtLast(state: State, slot: Slot): void {
  slot.askedAt = 0
  placeQueuedAnew(state, state.stages[slot.stage])
}

/** Where no plan says where. */
export function placeQueuedAnew(state: State, stage: Stage): void {
  if (stage.plan !== undefined || state.runs[stage.run].allocation.placesAnew !== true) return
  for (const machine of state.machines)
    if (machine.queued > 0 && machine.queued <= limits.messageTasks)
      returnQueued(state, machine, stage)
}
