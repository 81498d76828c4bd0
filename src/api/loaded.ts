import { modelBytes } from '../core/models.ts'
import type { Machine, State } from '../core/state.ts'

/** A model that slots of a machine hold, and the memory one of them takes for it; 0: not known. */
export type LoadedModel = { readonly model: string; readonly slots: number; readonly bytes: number }

/** What a machine holds loaded, in order of name. */
export function loadedOn(state: State, machine: Machine): LoadedModel[] {
  const models = new Map<string, { slots: number; bytes: number }>()
  for (const slot of machine.slots) {
    const here = new Map<string, number>()
    for (const number of slot.loaded) {
      const stage = state.stages[number]
      const model = stage.definition.loads?.name
      if (model !== undefined) here.set(model, Math.max(here.get(model) ?? 0, modelBytes(stage)))
    }
    for (const [model, bytes] of here) {
      const known = models.get(model) ?? { slots: 0, bytes: 0 }
      models.set(model, { slots: known.slots + 1, bytes: Math.max(known.bytes, bytes) })
    }
  }
  return [...models]
    .map(([model, held]) => ({ model, ...held }))
    .sort((a, b) => (a.model < b.model ? -1 : a.model > b.model ? 1 : 0))
}
