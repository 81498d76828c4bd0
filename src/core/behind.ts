import { limits } from './limits.ts'
import type { Machine, Slot } from './machine.ts'
import type { State } from './state.ts'
import { expectedMicros } from './times.ts'

/**
 * What a slot still has before it, from outside: of the item that runs only its time so far is known. A slot that
 * says nothing has perhaps ended some, and holds their answers back for a while; after that it is at its first still,
 * and an item that outlasts its prediction is expected to take as long again (as of times whose tail is a Pareto's).
 */
export type Behind = {
  /** Micros since the slot was last heard of. */
  readonly elapsed: number
  /** Items not answered. */
  readonly items: number
  /** Expected micros of the item that runs; `NaN`: unknown. */
  readonly head: number
  /** Of all items not answered, that one in full. */
  readonly total: number
}

export function behind(state: State, machine: Machine, slot: Slot): Behind {
  const { tasks } = state
  let items = 0
  let total = 0
  let head = Number.NaN
  for (const task of slot.running) {
    const { stage, first, size, count, left, predicted } = tasks
    const isHead = items === 0
    items += left[task]
    const each =
      predicted[task] > 0
        ? predicted[task] / count[task]
        : expectedMicros(state.stages[stage[task]], machine, first[task], size[task] / count[task])
    if (isHead) head = each
    total += left[task] * each
  }
  return { elapsed: state.now - slot.headSince, items, head, total }
}

/** Micros until the slot will have done all of it. */
export function microsLeft({ elapsed, items, head, total }: Behind): number {
  if (Number.isNaN(total)) return items * elapsed
  if (elapsed <= head + limits.heldBack) return Math.max(0, total - elapsed)
  return elapsed + total - head
}

export function expectedEnd(state: State, machine: Machine, slot: Slot): number {
  return state.now + microsLeft(behind(state, machine, slot))
}
