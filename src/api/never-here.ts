import { refusals } from '../core/explain.ts'
import type { Job } from '../model/job.ts'
import { NeverHere } from '../model/never-here.ts'
import type { MachineDefinition } from '../model/run.ts'
import { runDefinition } from './run-definition.ts'

/** Refuses a job with needs that no machine could ever meet, before it begins. */
export function refuseNeverHere(job: Job, machines: readonly MachineDefinition[]): void {
  const definition = runDefinition(job, { name: 'check', seed: 1, now: 0, strategy: 'mct' })
  const refused = refusals(definition, machines)
  if (refused.length === 0) return
  const list = refused.map(line => `  ${line}`).join('\n')
  throw new NeverHere(`${job.name} can never run here:\n${list}`)
}
