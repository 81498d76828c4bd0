import { limits } from '../../core/limits.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { Host } from '../host.ts'
import { learntTimes } from './learnt-times.ts'

/**
 * Why times of a stage are known on every machine before this process has run any of it, in words;
 * `undefined` where they are yet to be learnt. Asked when a run begins or goes on.
 */
export function knownBefore(host: Host, run: Run, stage: Stage): string | undefined {
  const ids = host.machines.map(({ id }) => id)
  const here = host.state.machines.filter(({ definition }) => ids.includes(definition.id))
  const own = here.filter(({ number }) => (stage.estimates[number]?.n ?? 0) >= limits.samples)
  if (own.length === ids.length) return 'the run goes on with the times it has learnt'
  // If the run went on once before, its own times already include what earlier runs learnt.
  if (stage.firstStart > 0) return undefined
  const times = timesBefore(host, run, stage)
  const recalled = ids.every(id => (times?.machines[id]?.[0] ?? 0) >= limits.samples)
  return recalled ? 'its times are known from earlier runs' : undefined
}

/** What planning these stages waits for, in words; `undefined` where that is samples, as usual. */
export function waitsFor(host: Host, run: Run, stages: readonly Stage[]): string | undefined {
  const known = stages.map(stage => knownBefore(host, run, stage))
  if (!known.includes(undefined)) return `all items are read: ${known[0]}`
  const changed = stages.find(stage => timesBefore(host, run, stage)?.changed)
  if (changed === undefined) return undefined
  return `every machine has five samples of a stage, for ${changed.definition.name} has changed since its times were learnt`
}

function timesBefore({ store }: Host, { definition: { name, job } }: Run, stage: Stage) {
  const prints = store.run(name)?.stageFingerprints ?? {}
  return learntTimes(store, { job, stage: stage.definition.name }, prints)
}
