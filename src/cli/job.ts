import { join, resolve } from 'node:path'
import { discoverMachine } from '../adapter/machine/discover.ts'
import { importedOr } from '../api/host.ts'
import { parseInputFlag } from '../input/input-flag.ts'
import { loadJobFile } from '../input/job-file.ts'
import { loadMachines } from '../input/machines-file.ts'
import { parseParamFlag } from '../input/params.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import { aliases, allocations, orders } from '../policy/registry.ts'

export type JobFlags = {
  readonly input?: string
  readonly param?: readonly string[]
  readonly strategy?: string
  readonly order?: string
}

/** The job file a command names, with the command's own words in place of the file's. */
export async function jobFrom(path: string | undefined, flags: JobFlags): Promise<Job> {
  const params: Record<string, unknown> = {}
  for (const flag of flags.param ?? []) {
    const parsed = parseParamFlag(flag)
    if (parsed === undefined) throw new InputError(`--param ${flag}: expected name=value`)
    params[parsed[0]] = parsed[1]
  }
  const job = await loadJobFile(path ?? '.', {
    params, importModule: importedOr, strategies: strategyNames(), orders: orderNames(),
  })
  const input = flags.input === undefined ? job.input : parseInputFlag(flags.input, process.cwd(), job.input)
  return { ...job, input, strategy: flags.strategy ?? job.strategy, order: flags.order ?? job.order }
}

export const strategyNames = (): string[] => ['auto', ...allocations.map(({ name }) => name), ...Object.keys(aliases)]
export const orderNames = (): string[] => [...orders.map(({ name }) => name), ...Object.keys(aliases)]

/** `--dir`, else DRAY_DIR, else `.dray` where the command was given. */
export function directoryFrom(flag: string | undefined): string {
  return resolve(flag ?? process.env.DRAY_DIR ?? join(process.cwd(), '.dray'))
}

/** The machines of `--machines FILE`, else this box as one machine. */
export async function machinesFrom(file: string | undefined): Promise<MachineDefinition[]> {
  const { id, slots, speed, capacity } = await discoverMachine()
  if (file !== undefined) {
    return loadMachines(file).map(machine => ({
      ...machine,
      capacity: { cpu: machine.slots, memory: capacity.memory, ...machine.capacity },
    }))
  }
  return [{ id, slots, speed, capacity, cost: 0 }]
}
