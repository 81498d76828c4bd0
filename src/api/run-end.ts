import type { Run } from '../core/run.ts'
import type { State } from '../core/state.ts'
import type { Store } from '../port/store.ts'
import { rememberEnds } from './beside/hindsight.ts'
import { rememberTimes } from './beside/learnt-times.ts'

/** How a run ended; `undefined` while it has not. */
export const endOf = ({ state }: Run): 'done' | 'failed' | 'cancelled' | undefined =>
  state === 'done' || state === 'failed' || state === 'cancelled' ? state : undefined

/** What its directory keeps of a run that has ended: its times, how its forecasts came out, how it ended and when. */
export function recordEnd(state: State, store: Store, run: Run): void {
  rememberTimes(state, store, run)
  rememberEnds(state, store, run)
  const record = store.run(run.definition.name)
  const ending = endOf(run)
  if (record !== undefined && ending !== undefined)
    store.putRun({ ...record, state: ending, endedAt: run.endedAt })
}

/** Names of the runs that will go on. One that was removed while it was interrupted has no record any more. */
export const unfinishedRuns = ({ runs }: State, store: Store): ReadonlySet<string> =>
  new Set(
    runs
      .filter(run => endOf(run) === undefined)
      .map(run => run.definition.name)
      .filter(name => store.run(name) !== undefined),
  )
