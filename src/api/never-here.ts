import { neverFitting } from '../core/explain.ts'
import { didYouMean } from '../input/nearest.ts'
import { resourceMeant } from '../input/other-words.ts'
import type { Job } from '../model/job.ts'
import { NeverHere } from '../model/never-here.ts'
import type { MachineDefinition } from '../model/run.ts'
import { runDefinition } from './run-definition.ts'

/** Refuses a job with needs that no machine could ever meet, before it begins. */
export function refuseNeverHere(job: Job, machines: readonly MachineDefinition[]): void {
  const definition = runDefinition(job, { name: 'check', seed: 1, now: 0, strategy: 'mct' })
  const refused = neverFitting(definition, machines)
  if (refused.length > 0) throw new NeverHere(job.name, refused, slipsIn(job, machines))
}

/** Resources that no machine has, of which the name is nearly that of one they have; `gpu` is no slip for `cpu`. */
function slipsIn(job: Job, machines: readonly MachineDefinition[]): string[] {
  const known = [...new Set(['gpu', ...machines.flatMap(({ capacity }) => Object.keys(capacity))])]
  const asked = new Set(job.stages.flatMap(stage => Object.keys(stage.needs)))
  return [...asked].flatMap(name => {
    if (known.includes(name)) return []
    const meant = resourceMeant(name)
    const hint = meant === undefined ? didYouMean(name, known) : `; did you mean "${meant}"?`
    return hint === '' ? [] : [`no machine has "${name}"${hint}`]
  })
}
