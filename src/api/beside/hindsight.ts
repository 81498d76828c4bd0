import type { Run } from '../../core/run.ts'
import type { State } from '../../core/state.ts'
import type { Hindsight } from '../../policy/estimation/hindsight.ts'
import type { RunRecord, Store } from '../../port/store.ts'
import { hindsightOf } from '../forecast/foretell.ts'

/** How forecasts of a run came out is kept for the next run of the same job. */
export function rememberEnds(state: State, store: Store, run: Run): void {
  if (run.state !== 'done') return
  const { job, name } = run.definition
  const fingerprints = store.run(name)?.stageFingerprints ?? {}
  // Not what it began with: others may have ended since.
  const hindsight = hindsightOf(state, run, hindsightBefore(store, job, fingerprints))
  if (hindsight === undefined) return
  const kept: Kept = { hindsight, fingerprints }
  store.put(documentOf(job), JSON.stringify(kept))
}

type Kept = {
  readonly hindsight: Hindsight
  /** Of the stages as they were then. */
  readonly fingerprints: RunRecord['stageFingerprints']
}

/** Two colons: a document of one and a run's name goes with that run. */
const documentOf = (job: string): string => `hindsight:job:${job}`

/** Nothing where one of the stages has changed since: times are a first guess then, and their ranges others. */
export function hindsightBefore(
  store: Pick<Store, 'get'>,
  job: string,
  prints: RunRecord['stageFingerprints'],
): Hindsight {
  const text = store.get(documentOf(job))
  if (text === undefined) return []
  const { hindsight, fingerprints } = JSON.parse(text) as Kept
  const names = new Set([...Object.keys(prints), ...Object.keys(fingerprints)])
  return [...names].every(name => prints[name] === fingerprints[name]) ? hindsight : []
}
