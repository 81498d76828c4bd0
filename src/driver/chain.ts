import { OPEN, stateOf } from '../core/items.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'

/** Stages that take each other's results item by item: one chain, or a tree of them where the way forks. */

/** The stage at the head of a chain of item links: the one whose source or groups give the keys. */
export function headOf(state: State, stage: Stage): Stage {
  let head = stage
  while (head.definition.link.kind === 'item' && head.upstream >= 0)
    head = state.stages[head.upstream]
  return head
}

/** Whether a stage takes this one's results item by item. */
export function isFollowed(state: State, { downstream }: Stage): boolean {
  return downstream.some(number => state.stages[number].definition.link.kind === 'item')
}

/** Whether an item has ended in every stage that takes it from this one. */
export function followersEnded(state: State, { downstream }: Stage, index: number): boolean {
  return downstream.every(number => {
    const { definition, items } = state.stages[number]
    return definition.link.kind !== 'item' || stateOf(items, index) !== OPEN
  })
}

/** Whether an item has ended at the end of every branch that begins here. */
export function leavesEnded(state: State, stage: Stage, index: number): boolean {
  if (!isFollowed(state, stage)) return stateOf(stage.items, index) !== OPEN
  return stage.downstream.every(number => {
    const next = state.stages[number]
    return next.definition.link.kind !== 'item' || leavesEnded(state, next, index)
  })
}
