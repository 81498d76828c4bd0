import { discoverMachine } from '../adapter/machine/discover.ts'
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
