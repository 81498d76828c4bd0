import { heldBytes, holds, MEMORY, modelBytes, sameModel } from '../models.ts'
import type { Offers } from '../columns.ts'
import { limits } from '../limits.ts'
import { queuedClasses } from '../live.ts'
import { queuedCount } from '../queue.ts'
import type { Machine, Slot } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { Class, State } from '../state.ts'
import { slotKey } from '../scratch.ts'
import { fits } from '../times.ts'

/**
 * Models that fit on no machine together would change places item by item, since what is downstream
 * goes first, or whoever's share, slack or age says so. A model that was loaded therefore stays for a
 * while, as long as tasks wait for it: until it has been there for `limits.stay` times what it takes
 * to load the other and then itself again, so that little of the time goes into loading.
 * As a scheduler's quantum pays for its context switch (Kleinrock 1970; batches with setup times:
 * Potts and Kovalyov 2000). It only says who goes first: where nothing else can start, it may go.
 *
 * True: on every machine that could start the class now, a model would go that is to stay.
 */
export function displaces(state: State, klass: Class, on?: Machine): boolean {
  if (state.scratch.loadedAt.size === 0) return false
  let everywhere = false
  for (const machine of on === undefined ? state.machines : [on]) {
    if (!machine.alive || machine.pressure || machine.idle.length === 0) continue
    if (!fits(klass.needs, machine.free)) continue
    if (!displacesOn(state, klass, machine)) return false
    everywhere = true
  }
  return everywhere
}

/** Notes when a slot begins to load a model. Only choices use it, so it is not part of the state. */
export function noteLoad(state: State, machine: Machine, slot: number, stage: Stage): void {
  if (stage.definition.loads === undefined) return
  const target = machine.slots[slot]
  if (target !== undefined && holds(state, target, stage)) return
  state.scratch.loadedAt.set(slotKey(machine.number, slot), state.now)
}

/** Withdraws the machines where a model would go that is to stay, unless there are no others. */
export function spare(state: State, klass: Class, offers: Offers): void {
  if (state.scratch.loadedAt.size === 0) return
  const { machines, count } = offers
  const kept = machines
    .subarray(0, count)
    .filter(number => !displacesOn(state, klass, state.machines[number]))
  if (kept.length === 0 || kept.length === count) return
  const { offered } = state.scratch.view
  for (let at = 0; at < count; at += 1) offered[machines[at]] = 0
  for (const number of kept) offered[number] = 1
  machines.set(kept)
  offers.count = kept.length
}

function displacesOn(state: State, klass: Class, machine: Machine): boolean {
  const stage = state.stages[klass.stage]
  const asked = Math.max(klass.needs[MEMORY] ?? 0, modelBytes(stage))
  if (asked === 0 || machine.capacity[MEMORY] === 0) return false
  const room = machine.free[MEMORY] - asked
  const isHere = (slot: Slot) => slot.klass < 0 && holds(state, slot, stage)
  const target = machine.slots.find(isHere)
  let staying = 0
  for (const slot of machine.slots) {
    if (slot.klass >= 0 || slot.loaded.length === 0) continue
    const bytesOf = (model: Stage) =>
      stays(state, machine, slot, { model, other: stage }) ? modelBytes(model) : 0
    staying += heldBytes(state, slot, slot === target ? stage : undefined, bytesOf)
  }
  return staying > 0 && staying > room
}

function stays(
  state: State,
  machine: Machine,
  slot: Slot,
  { model, other }: { readonly model: Stage; readonly other: Stage },
): boolean {
  const since = state.scratch.loadedAt.get(slotKey(machine.number, slot.number)) ?? 0
  const change = meanSetup(model) + meanSetup(other)
  return state.now - since < limits.stay * change && isWaitedFor(state, machine, model)
}

function meanSetup({ setup }: Stage): number {
  return setup.n === 0 ? 0 : setup.micros / setup.n
}

function isWaitedFor(state: State, machine: Machine, model: Stage): boolean {
  const { numbers, count } = queuedClasses(state)
  for (let at = 0; at < count; at += 1)
    if (isOfModel(state, state.classes[numbers[at]], model)) return true
  for (const [number, queue] of machine.queues)
    if (queuedCount(queue) > 0 && isOfModel(state, state.classes[number], model)) return true
  return false
}

function isOfModel(state: State, klass: Class, model: Stage): boolean {
  const stage = state.stages[klass.stage]
  return sameModel(stage, model) && state.runs[stage.run].state === 'active'
}
