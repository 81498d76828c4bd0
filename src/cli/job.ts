import { importedOr } from '../adapter/modules/import-module.ts'
import { machinesHere } from '../api/machines.ts'
import { parseInputFlag } from '../input/input-flag.ts'
import { loadJobFile } from '../input/job-file.ts'
import { loadMachines } from '../input/machines-file.ts'
import { parseParamFlag } from '../input/params.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import { strategyNames } from '../choose/strategies.ts'
import { orderNames } from '../policy/registry.ts'
import { orderFrom, strategyFrom } from './problem/strategy-flags.ts'

export type JobFlags = {
  readonly input?: string
  readonly param?: readonly string[]
  readonly strategy?: string
  readonly order?: string
}

/** The job file a command names, with the command's own words in place of the file's. */
export async function jobFrom(path: string | undefined, flags: JobFlags): Promise<Job> {
  const given = new Map<string, unknown>()
  for (const flag of flags.param ?? []) {
    const parsed = parseParamFlag(flag)
    if (parsed === undefined) throw new InputError(`--param ${flag}: expected name=value`)
    given.set(...parsed)
  }
  if (flags.strategy !== undefined) strategyFrom(flags.strategy)
  orderFrom(flags.order)
  const options = {
    // A name such as `__proto__` is one like others, and then unknown.
    params: Object.fromEntries(given),
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

/** The machines of `--machines FILE`, else this box as one machine. */
export async function machinesFrom(file: string | undefined): Promise<MachineDefinition[]> {
  return machinesHere(file === undefined ? undefined : loadMachines(file))
}
