import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'

export function runName(state: State, stage: Stage): string {
  return state.runs[stage.run].definition.name
}

/** The name results are stored under: a tree's levels beyond the first are `name~2`, `name~3`, ... */
export function storedName(state: State, stage: Stage): string {
  const level = levelOf(state, stage)
  return level === 1 ? stage.definition.name : `${stage.definition.name}~${level}`
}

/** Of a tree from 1, its leaves; of other stages 1. */
export function levelOf(state: State, stage: Stage): number {
  let level = 1
  for (let at = stage; at.number !== stage.root; at = state.stages[at.upstream]) level += 1
  return level
}
