import { endedCount } from './items.ts'
import type { Stage } from './stage.ts'
import type { State } from './state.ts'

/** The stages whose results a gathering stage takes: of a tree, its topmost level. */
export function gatheredStages(state: State, stage: Stage): Stage[] {
  const { after, also } = stage.definition
  const numbers = [after, ...(also ?? [])]
    .filter(at => at >= 0)
    .map(at => state.runs[stage.run].stages[at])
  return numbers.map(number => {
    let top = state.stages[number]
    while (top.nextLevel >= 0) top = state.stages[top.nextLevel]
    return top
  })
}

/** Every item of the stage, and of its tree's levels, has a final state. */
export function stageEnded(stage: Stage): boolean {
  if (!stage.complete || endedCount(stage.items) < stage.known) return false
  return stage.definition.link.kind !== 'tree' || stage.known <= 1 || stage.nextLevel >= 0
}
