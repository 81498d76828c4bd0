import { isLive } from '../core/run.ts'
import type { Failure } from '../model/failure.ts'
import { failureIn, type StoredResult } from '../port/store.ts'
import { cancel } from './cancel.ts'
import { ClosedError } from './closed-error.ts'
import type { Host } from './host.ts'
import { type Summary, summarise } from './summary.ts'
import { stateIn } from './view.ts'
import { topResults } from './whole-answers.ts'

/**
 * A run that was submitted. Once the directory is closed `results` reject with a ClosedError, and so does `result` of a
 * run that had not ended.
 */
export type RunHandle<Result = unknown> = {
  /** As `dray ls` has it: `calm-otter`. */
  readonly name: string
  /** As of now, or of the close of the directory, which interrupts it; counts only what is durable. */
  readonly status: Summary
  /** Resolves when the run has ended, whatever became of it; rejects only if the node itself stopped. */
  result(): Promise<Summary>
  /** Answers of the last stage, in item order, after the end. May be read more than once. */
  readonly results: AsyncIterable<ItemResult<Result>>
  /** Nothing more of it starts. Resolves when that is durable. */
  cancel(): Promise<void>
}

/** What an item came to: `index` counts from 0 in the order of the input, `key` names it. */
export type ItemResult<Result = unknown> =
  | { readonly index: number; readonly key: string; readonly result: Result }
  | { readonly index: number; readonly key: string; readonly error: Failure }

export function runHandle(host: Host, name: string): RunHandle {
  const run = host.runNamed(name)
  if (run === undefined) throw new Error(`run ${name} has vanished`)
  const status = (): Summary => ({
    ...summarise(host.state, run, host.written(name)),
    state: stateIn({ owned: !host.isClosed() }, run),
  })
  return {
    name,
    get status() {
      return status()
    },
    result() {
      // How it ended is known without the directory.
      const end =
        host.isClosed() && !isLive(run) ? Promise.resolve(status()) : host.ended(name).then(status)
      // Marks the rejection as handled: a caller that dropped the promise must not crash when the directory
      // closes.
      end.catch(() => {})
      return end
    },
    results: {
      async *[Symbol.asyncIterator]() {
        await host.ended(name)
        const last = run.definition.stages[run.definition.stages.length - 1].name
        const stage = run.stages
          .map(number => host.state.stages[number])
          .find(({ definition, root, number }) => definition.name === last && root === number)
        if (stage === undefined) return
        const answers = topResults(host.state, host.store, stage)
        for (;;) {
          // The directory may be closed between two answers.
          if (host.isClosed()) throw new ClosedError(host.dir)
          const next = answers.next()
          if (next.done === true) return
          yield itemResult(next.value)
        }
      },
    },
    cancel: () => cancel(host, run),
  }
}

export function itemResult(stored: StoredResult): ItemResult {
  const { index, key, state, payload } = stored
  return state === 'done' || state === 'stopped'
    ? { index, key, result: JSON.parse(payload) }
    : { index, key, error: failureIn(stored) }
}
