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
    const text = JSON.stringify({
      pooled: encodeEstimate(stage.pooled),
      machines,
      setup: stage.setup,
    })
    store.put(estimatesDocument(run.definition.job, storedName(state, stage)), text)
  }
}

export const estimatesDocument = (job: string, stage: string): string => `estimates:${job}:${stage}`

/** Times earlier runs of the job learnt, for its stages on the machines that are here. */
export function recallTimes(host: Host, name: string): void {
  const run = host.runNamed(name)
  if (run === undefined) return
  for (const number of run.stages) {
    const text = host.store.get(
      estimatesDocument(run.definition.job, host.state.stages[number].definition.name),
    )
    if (text === undefined) continue
    const { pooled, machines } = JSON.parse(text) as {
      pooled: number[]
      machines: Record<string, number[]>
    }
    const recall = (machine: number, learnt: readonly number[]): void =>
      host.loop.send({
        kind: 'learnt',
        stage: number,
        machine,
        estimate: faded(learnt, limits.recalled),
      })
    recall(-1, pooled)
    for (const machine of host.state.machines) {
      const estimate = machines[machine.definition.id]
      if (estimate !== undefined) recall(machine.number, estimate)
    }
  }
}
