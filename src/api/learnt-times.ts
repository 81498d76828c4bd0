import type { Run, State } from '../core/state.ts'
import { storedName } from '../driver/payloads.ts'
import { encodeEstimate } from '../policy/estimation/least-squares.ts'
import type { Store } from '../port/store.ts'

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
