import { refusals } from '../core/explain.ts'
import { didYouMean } from '../input/nearest.ts'
import type { Job } from '../model/job.ts'
import { NeverHere } from '../model/never-here.ts'
import type { MachineDefinition } from '../model/run.ts'
import { runDefinition } from './run-definition.ts'

/** Refuses a job with needs that no machine could ever meet, before it begins. */
export function refuseNeverHere(job: Job, machines: readonly MachineDefinition[]): void {
  const definition = runDefinition(job, { name: 'check', seed: 1, now: 0, strategy: 'mct' })
  const refused = refusals(definition, machines)
  if (refused.length === 0) return
  const list = [...refused, ...slipsIn(job, machines)].map(line => `  ${line}`).join('\n')
  throw new NeverHere(`${job.name} can never run here:\n${list}`)
}

/** Resources that no machine has, of which the name is nearly that of one they have. */
function slipsIn(job: Job, machines: readonly MachineDefinition[]): string[] {
  const known = [...new Set(machines.flatMap(({ capacity }) => Object.keys(capacity)))]
  const asked = new Set(job.stages.flatMap(stage => Object.keys(stage.needs)))
  return [...asked].flatMap(name => {
    const hint = known.includes(name) ? '' : didYouMean(name, known)
    return hint === '' ? [] : [`no machine has "${name}"${hint}`]
  })
}
