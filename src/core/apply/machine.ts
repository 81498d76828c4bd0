import { mark } from '../marks.ts'
import type { MachineDefinition } from '../../model/run.ts'
import { machinesChanged } from '../columns.ts'
import { liveRuns, touchLiveStages } from '../live.ts'
import type { Machine } from '../machine.ts'
import type { State } from '../state.ts'
import { newSlot, resourceNumber } from '../initial.ts'
import { returnQueued } from './assignment.ts'
import { forgetAllLoaded } from './slot.ts'
import { busy, returnTask } from './task.ts'

/** A machine joins, or joins again under its id: then it keeps its number, and what was learnt of it. */
export function joined(state: State, definition: MachineDefinition): Machine {
  for (const name of Object.keys(definition.capacity)) resourceNumber(state, name)
  const known = state.machines.findIndex(machine => machine.definition.id === definition.id)
  if (known >= 0 && state.machines[known].alive) left(state, state.machines[known])
  const number = known < 0 ? state.machines.length : known
  const capacity = new Float64Array(Math.max(16, state.resources.length))
  for (const [name, amount] of Object.entries(definition.capacity))
    capacity[resourceNumber(state, name)] = amount
  const slots = Array.from({ length: definition.slots ?? 1 }, (_, slot) => newSlot(slot))
  const machine: Machine = {
    number,
    definition,
    capacity,
    free: capacity.slice(),
    slots,
    idle: slots.map(slot => slot.number).reverse(),
    alive: true,
    pressure: false,
    assignedWork: 0,
    queuedWork: 0,
    queued: 0,
    running: 0,
    queues: new Map(),
  }
  state.machines[number] = machine
  tryAgainOn(state, number)
  // Tasks queued at other machines may finish sooner on this one, so they are placed again.
  for (const other of state.machines) if (other.queued > 0) returnQueued(state, other)
  machinesChanged(state, number)
  mark(state.scratch.dirty, number)
  touchLiveStages(state)
  return machine
}

/** A machine that joins again may have been repaired: stages given up on it are tried there again. */
function tryAgainOn(state: State, machine: number): void {
  const { numbers, count } = liveRuns(state)
  for (let at = 0; at < count; at += 1)
    for (const stage of state.runs[numbers[at]].stages)
      state.stages[stage].setup.lostOn.delete(machine)
}

/** A machine is gone: what it ran is lost and returns uncharged, what it had queued goes back. */
export function left(state: State, machine: Machine): void {
  machine.alive = false
  machinesChanged(state, machine.number)
  for (const slot of machine.slots) {
    if (slot.stage >= 0) mark(state.scratch.touchedRuns, state.stages[slot.stage].run)
    if (slot.running.length > 0 && !slot.loading)
      busy(state.stages[slot.stage], machine, 0).tasks += 1
    for (const task of [...slot.running]) returnTask(state, machine, slot, task, 'together')
    slot.stopping.clear()
    forgetAllLoaded(slot)
    slot.pinned = 0
    slot.stage = -1
    slot.klass = -1
    slot.work = 0
    slot.killing = undefined
    slot.dying = false
    slot.loading = false
  }
  machine.free.set(machine.capacity)
  returnQueued(state, machine)
  machine.idle.splice(0, machine.idle.length, ...machine.slots.map(slot => slot.number).reverse())
}
