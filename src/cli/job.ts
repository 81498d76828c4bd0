import { discoverMachine } from '../adapter/machine/discover.ts'
import { importedOr } from '../api/attached.ts'
import { parseInputFlag } from '../input/input-flag.ts'
import { loadJobFile } from '../input/job-file.ts'
import { loadMachines } from '../input/machines-file.ts'
import { didYouMean } from '../input/nearest.ts'
import { parseParamFlag } from '../input/params.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import { strategies, strategyNamed } from '../choose/strategies.ts'
import { aliases, allocations, orderNamed, orders } from '../policy/registry.ts'

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
  checkName('--strategy', flags.strategy, strategyNames())
  checkName('--order', flags.order, orderNames())
  const options = {
    params,
    importModule: importedOr,
    strategies: strategyNames(),
    orders: orderNames(),
  }
  let job = await loadJobFile(path ?? '.', options)
  if (flags.input !== undefined) {
    const input = parseInputFlag(flags.input, process.cwd(), job.input)
    job = await loadJobFile(path ?? '.', { ...options, input })
  }
  return { ...job, strategy: flags.strategy ?? job.strategy, order: flags.order ?? job.order }
}

function checkName(flag: string, name: string | undefined, known: readonly string[]): void {
  if (name === undefined || known.includes(name)) return
  throw new InputError(
    `${flag} ${name}: no such name${didYouMean(name, known)}; there are ${known.join(', ')}`,
  )
}

export const strategyNames = (): string[] => [
  ...strategies.map(({ name }) => name),
  ...Object.keys(aliases).filter(alias => strategyNamed(alias) !== undefined),
]
/** Strategies that choose as they go; `planned` is what following a plan is called inside. */
export const onlineNames = (): string[] =>
  allocations.map(({ name }) => name).filter(name => name !== 'planned')
export const orderNames = (): string[] => [
  ...orders.map(({ name }) => name),
  ...Object.keys(aliases).filter(alias => orderNamed(alias) !== undefined),
]

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
