import type { Decision } from '../event.ts'
import { heldBytes, holds, MEMORY, modelBytes, sameModel } from '../models.ts'
import type { Machine, Slot } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { Class, State } from '../state.ts'
import { decide, type Out } from './out.ts'
import { noteLoad } from './stay.ts'

/**
 * Before an idle slot begins a task: where the models of idle slots leave too little memory for it,
 * the least recently used of them are dropped first. That the task fits once all of them are gone
 * is known already (its class fits what is free), so this never decides whether it starts.
 */
export function makeRoom(
  state: State,
  out: Out,
  machine: Machine,
  slot: number,
  klass: Class,
): void {
  const stage = state.stages[klass.stage]
  noteLoad(state, machine, slot, stage)
  const asked = Math.max(klass.needs[MEMORY] ?? 0, modelBytes(stage))
  if (asked === 0 || machine.capacity[MEMORY] === 0) return
  const room = machine.free[MEMORY] - asked
  const target = machine.slots[slot]
  while (heldIdle(state, machine, target, stage) > room) {
    const least = leastRecent(state, machine, target, stage)
    if (least === undefined) return
    drop(state, out, machine, least)
  }
}

/** What idle slots hold, but for the model the task will use where it goes. */
function heldIdle(state: State, machine: Machine, target: Slot | undefined, stage: Stage): number {
  let held = 0
  for (const slot of machine.slots) {
    if (slot.klass >= 0 || slot.loaded.length === 0) continue
    held += heldBytes(state, slot, slot === target ? stage : undefined, modelBytes)
  }
  return held
}

type Held = { readonly slot: Slot; readonly model: Stage; readonly usedAt: number }

/** The model longest unused; those whose going would take the wanted one along come last. */
function leastRecent(
  state: State,
  machine: Machine,
  target: Slot | undefined,
  wanted: Stage,
): Held | undefined {
  let least: Held | undefined
  let leastCosts = false
  for (const slot of machine.slots) {
    if (slot.klass >= 0) continue
    const keeps = slot === target && holds(state, slot, wanted)
    for (let at = 0; at < slot.loaded.length; at += 1) {
      const model = state.stages[slot.loaded[at]]
      if (modelBytes(model) === 0 || (keeps && sameModel(model, wanted))) continue
      const usedAt = lastUse(state, slot, model)
      const costs = keeps && !canFree(state, slot, model)
      const sooner = costs === leastCosts ? usedAt < (least?.usedAt ?? Infinity) : leastCosts
      if (least !== undefined && !sooner) continue
      least = { slot, model, usedAt }
      leastCosts = costs
    }
  }
  return least
}

/** Of any stage that shares it. */
function lastUse(state: State, { loaded, usedAt }: Slot, model: Stage): number {
  let last = 0
  for (let at = 0; at < loaded.length; at += 1)
    if (sameModel(state.stages[loaded[at]], model)) last = Math.max(last, usedAt[at])
  return last
}

function canFree(state: State, { loaded }: Slot, model: Stage): boolean {
  for (const number of loaded) {
    const stage = state.stages[number]
    if (sameModel(stage, model) && !stage.setup.frees) return false
  }
  return true
}

/** Handlers that cannot give memory back keep it until their process ends: then the whole slot is replaced. */
function drop(state: State, out: Out, machine: Machine, { slot, model }: Held): void {
  const at = { kind: 'unload', machine: machine.number, slot: slot.number } as const
  const decisions: Decision[] = canFree(state, slot, model)
    ? slot.loaded
        .filter(number => sameModel(state.stages[number], model))
        .map(stage => ({ ...at, stage }))
    : [{ ...at, stage: -1 }]
  for (const decision of decisions) decide(state, out, decision)
}
