import { discoverMachine } from '../adapter/machine/discover.ts'
import type { State } from '../core/state.ts'
import type { MachineEntry } from '../input/machines-file.ts'
import type { MachineDefinition } from '../model/run.ts'

/** This box carved into the machines that a user described; as one machine where nobody did. */
export async function machinesHere(
  entries: readonly MachineEntry[] | undefined,
): Promise<MachineDefinition[]> {
  const { id, slots, speed, capacity } = await discoverMachine()
  if (entries === undefined) return [{ id, slots, speed, capacity, cost: 0 }]
  return entries.map(machine => ({
    ...machine,
    capacity: { cpu: machine.slots, memory: capacity.memory, ...machine.capacity },
  }))
}

/** Every machine the core knows by number, so that its numbers are the executor's. */
export function executorMachines(state: State, joining: readonly MachineDefinition[]) {
  const known = state.machines.map(
    machine => joining.find(({ id }) => id === machine.definition.id) ?? machine.definition,
  )
  const added = joining.filter(machine => !known.some(({ id }) => id === machine.id))
  return [...known, ...added].map(({ id, slots, speed }) => ({ id, slots: slots ?? 1, speed }))
}
