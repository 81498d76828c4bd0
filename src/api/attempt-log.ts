import type { Decision } from '../core/event.ts'
import type { State } from '../core/state.ts'
import type { Failure } from '../model/failure.ts'
import type { ExecutorEvent } from '../port/executor.ts'
import type { Store } from '../port/store.ts'
import { formatDuration } from '../std/units.ts'

/** What a handler printed or logged, kept under its item and attempt. */
export function storeLog(store: Store, event: Extract<ExecutorEvent, { kind: 'log' }>): void {
  const { run, stage, index, try: attempt, stream, text } = event
  store.log([{ run, stage, index, attempt, at: Date.now() * 1_000, stream, text }])
}

/** What an attempt failed of is told beside its output; only the last one's failure is the item's. */
export function noteRetries(state: State, store: Store, decisions: readonly Decision[]): void {
  for (const decision of decisions) {
    if (decision.kind !== 'retry' || decision.failure === undefined) continue
    const { tries, at, failure } = decision
    const stage = state.stages[decision.stage]
    const wait = Math.max(0, at - state.now)
    store.log([
      {
        run: state.runs[stage.run].definition.name,
        stage: stage.definition.name,
        index: decision.index,
        attempt: tries,
        at: Date.now() * 1_000,
        stream: 'dray',
        text: `attempt ${tries} failed: ${failureInWords(failure)}; again in ${formatDuration(wait)}`,
      },
    ])
  }
}

/** `error E_X: no such page`. */
export function failureInWords({ kind, code, message }: Failure): string {
  return `${kind}${code === undefined ? '' : ` ${code}`}: ${message}`
}
