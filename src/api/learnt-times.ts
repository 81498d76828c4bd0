import { limits } from '../core/limits.ts'
import type { Run, State } from '../core/state.ts'
import { storedName } from '../driver/stored-name.ts'
import { encodeEstimate, faded } from '../policy/estimation/least-squares.ts'
import type { Store } from '../port/store.ts'
import type { Host } from './host.ts'

/** What was learnt of times is kept for the next run of the same job. */
export function rememberTimes(state: State, store: Store, run: Run): void {
  for (const number of run.stages) {
    const stage = state.stages[number]
    if (stage.pooled.n === 0) continue
    const machines = Object.fromEntries(
      stage.estimates.flatMap((estimate, at) =>
        estimate === undefined
          ? []
          : [[state.machines[at].definition.id, encodeEstimate(estimate)]],
      ),
    )
    const times: LearntTimes = {
      pooled: encodeEstimate(stage.pooled),
      machines,
      handover: encodeEstimate(stage.handover),
      ...(stage.setup.n > 0 && { loading: stage.setup.waited / stage.setup.n }),
    }
    const { job } = run.definition
    store.put(estimatesDocument(job, storedName(state, stage)), JSON.stringify(times))
  }
}

const estimatesDocument = (job: string, stage: string): string => `estimates:${job}:${stage}`

/** Encoded estimates of one stage, over all machines and by machine, and of what passes between its items. */
type LearntTimes = {
  readonly pooled: readonly number[]
  readonly machines: Readonly<Record<string, readonly number[]>>
  /** Absent where an older version learnt them. */
  readonly handover?: readonly number[]
  /** Mean micros from when a slot was first sent an item until it began with it. */
  readonly loading?: number
}

export function learntTimes(
  store: Pick<Store, 'get'>,
  { job, stage }: { readonly job: string; readonly stage: string },
): LearntTimes | undefined {
  const text = store.get(estimatesDocument(job, stage))
  return text === undefined ? undefined : JSON.parse(text)
}

/** Times earlier runs of the job learnt, for its stages on the machines that are here. */
export function recallTimes(host: Host, name: string): void {
  const run = host.runNamed(name)
  if (run === undefined) return
  for (const number of run.stages) {
    const stage = host.state.stages[number].definition.name
    const times = learntTimes(host.store, { job: run.definition.job, stage })
    if (times === undefined) continue
    const recall = (machine: number, learnt: readonly number[]): void =>
      host.loop.send({
        kind: 'learnt',
        stage: number,
        machine,
        estimate: faded(learnt, limits.recalled),
      })
    recall(-1, times.pooled)
    for (const machine of host.state.machines) {
      const estimate = times.machines[machine.definition.id]
      if (estimate !== undefined) recall(machine.number, estimate)
    }
  }
}
