import { modelBytes } from '../../core/models.ts'
import type { Machine, Slot } from '../../core/machine.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'

/** A model that slots of a machine hold, and the memory one of them takes for it; 0: not known. */
export type LoadedModel = { readonly model: string; readonly slots: number; readonly bytes: number }

/** What a machine holds loaded, in order of name. */
export function loadedOn(state: State, machine: Machine): LoadedModel[] {
  return inSlots(machine, slot => {
    const models = new Map<string, number>()
    for (const number of slot.loaded) {
      const stage = state.stages[number]
      const model = stage.definition.loads?.name
      if (model === undefined || (slot.loading && number === slot.stage)) continue
      models.set(model, Math.max(models.get(model) ?? 0, modelBytes(stage)))
    }
    return models
  })
}

/** What its slots are loading now: models, or stages where those name none. */
export function loadingOn(state: State, machine: Machine): LoadedModel[] {
  return inSlots(machine, slot => {
    if (!slot.loading || slot.stage < 0) return new Map()
    const stage = state.stages[slot.stage]
    return new Map([[loadsOf(stage), modelBytes(stage)]])
  })
}

/** Its model, or what else it is set up for. */
export const loadsOf = ({ definition: { loads, name } }: Stage): string => loads?.name ?? name

function inSlots(machine: Machine, modelsOf: (slot: Slot) => Map<string, number>): LoadedModel[] {
  const models = new Map<string, { slots: number; bytes: number }>()
  for (const slot of machine.slots) {
    for (const [model, bytes] of modelsOf(slot)) {
      const known = models.get(model) ?? { slots: 0, bytes: 0 }
      models.set(model, { slots: known.slots + 1, bytes: Math.max(known.bytes, bytes) })
    }
  }
  return [...models]
    .map(([model, held]) => ({ model, ...held }))
    .sort((a, b) => (a.model < b.model ? -1 : a.model > b.model ? 1 : 0))
}
