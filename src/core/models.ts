import { isGivenUpOn } from './given-up.ts'
import type { Slot } from './machine.ts'
import type { Stage } from './stage.ts'
import type { State } from './state.ts'

/**
 * What slots hold loaded, in bytes. Stages that declare the same model in `loads` share it in a slot.
 * While a slot runs, its lease covers the model in use (a class needs at least that much memory) and
 * the others stay pinned beside it; what idle slots hold can be dropped for whoever needs the room.
 * Only declared sizes are leased. A measured one (how much a process grew while it loaded) makes room
 * but refuses nothing: a guess must not keep a stage from ever starting.
 */
export const MEMORY = 1

export function declaredBytes({ definition }: Stage): number {
  return definition.loads?.memory ?? 0
}

/** As declared, else as measured. */
export function modelBytes({ definition, setup }: Stage): number {
  if (definition.loads === undefined) return 0
  return definition.loads.memory > 0 ? definition.loads.memory : setup.bytes
}

/** One model: the same name, of the same declared size. */
export function sameModel(a: Stage, b: Stage): boolean {
  if (a === b) return true
  const { loads } = a.definition
  const other = b.definition.loads
  return loads !== undefined && loads.name === other?.name && loads.memory === other.memory
}

/** The stage is set up in the slot, or another one with the same model is. */
export function holds(state: State, { loaded }: Slot, stage: Stage): boolean {
  for (const number of loaded) if (sameModel(state.stages[number], stage)) return true
  return false
}

/** Bytes the slot holds beside the model of a stage, each model once. */
export function heldBytes(
  state: State,
  { loaded }: Slot,
  beside: Stage | undefined,
  bytesOf: (stage: Stage) => number,
): number {
  let held = 0
  for (let at = 0; at < loaded.length; at += 1) {
    const stage = state.stages[loaded[at]]
    if (stage.definition.loads === undefined) continue
    if (beside !== undefined && sameModel(stage, beside)) continue
    if (!isHeldAgain(state, loaded, at)) held += bytesOf(stage)
  }
  return held
}

function isHeldAgain(state: State, loaded: readonly number[], at: number): boolean {
  for (let later = at + 1; later < loaded.length; later += 1)
    if (sameModel(state.stages[loaded[later]], state.stages[loaded[at]])) return true
  return false
}

/**
 * More memory than before, at most all of the largest machine, for what fits nowhere would wait for
 * ever; `undefined`: it had all of that already.
 */
export function affordableScale(
  { machines }: State,
  stage: Stage,
  wanted: number,
  had: number,
): number | undefined {
  const { memory = 0 } = stage.definition.needs
  if (memory === 0 || wanted <= had) return wanted
  const able = machines.filter(({ number }) => !isGivenUpOn(stage, number))
  const most = able.reduce((most, { capacity }) => Math.max(most, capacity[MEMORY]), 0)
  const largest = Math.min(wanted, Math.floor((1_000 * most) / memory) / 1_000)
  return largest > had ? largest : undefined
}
