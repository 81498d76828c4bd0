import type { Decision } from '../../core/event.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import type { Failure } from '../../model/failure.ts'
import type { ExecutorEvent } from '../../port/executor.ts'
import type { Store } from '../../port/store.ts'
import { formatBytes, formatDuration } from '../../std/units.ts'

/** What a handler printed or logged, kept under its item and attempt. */
export function storeLog(store: Store, event: Extract<ExecutorEvent, { kind: 'log' }>): void {
  const { run, stage, index, try: attempt, stream, text } = event
  store.log([{ run, stage, index, attempt, at: Date.now() * 1_000, stream, text }])
}

/** What an attempt failed of is told beside its output, the last one's too. */
export function noteFailures(state: State, store: Store, decisions: readonly Decision[]): void {
  for (const decision of decisions) {
    if (decision.kind !== 'retry' && decision.kind !== 'fail') continue
    const { failure, tries, index } = decision
    if (failure === undefined || tries === undefined || failure.kind === 'cancelled') continue
    const stage = state.stages[decision.stage]
    const next =
      decision.kind === 'retry'
        ? `again in ${formatDuration(Math.max(0, decision.at - state.now))}${moreMemory(stage, decision.memoryScale)}`
        : 'not tried again'
    store.log([
      {
        run: state.runs[stage.run].definition.name,
        stage: stage.definition.name,
        index,
        attempt: tries,
        at: Date.now() * 1_000,
        stream: 'dray',
        text: `attempt ${tries} failed: ${failureInWords(failure)}; ${next}`,
      },
    ])
  }
}

/** What the next attempt gets of it, where that is more than its stage asks for. */
function moreMemory({ definition }: Stage, scale: number): string {
  const { memory = 0 } = definition.needs
  return scale > 1 && memory > 0 ? `, with ${formatBytes(memory * scale)} of memory` : ''
}

/** `error E_X: no such page`. */
export function failureInWords({ kind, code, message }: Failure): string {
  return `${kind}${code === undefined ? '' : ` ${code}`}: ${message}`
}
