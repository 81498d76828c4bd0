import { itemStates, OPEN, stateOf } from '../core/items.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { storedName } from '../driver/stored-name.ts'
import { JournalError, removedMeanwhile } from '../port/journal-error.ts'
import type { Store, StoredResult } from '../port/store.ts'
import { topOf } from './view.ts'

/**
 * A stage's answers in item order, each item that has ended with its own. Checksums find what changed in
 * a row; only the journal's own count finds a row that is gone, and a file that silently lacks some of
 * its items is the worst a damaged folder could give.
 */
export function* wholeAnswers(
  state: State,
  store: Store,
  stage: Stage,
  from = 0,
): Generator<StoredResult> {
  const run = state.runs[stage.run].definition.name
  const requireOpen = (index: number): void => {
    if (stateOf(stage.items, index) === OPEN) return
    throw store.run(run) === undefined
      ? removedMeanwhile(`results of ${run}`)
      : missing(run, stage, index)
  }
  let next = from
  for (const answer of store.results(run, storedName(state, stage), { from })) {
    // What failed and is open again keeps its last error until it is answered anew.
    if (stateOf(stage.items, answer.index) === OPEN) continue
    for (; next < answer.index; next += 1) requireOpen(next)
    next = answer.index + 1
    yield answer
  }
  for (; next < stage.known; next += 1) requireOpen(next)
}

/** A stage's results as users know them: of a tree the one at its root, under the key of a whole. */
export function* topResults(
  state: State,
  store: Store,
  stage: Stage,
  from = 0,
): Generator<StoredResult> {
  const isTree = stage.definition.link.kind === 'tree'
  for (const result of wholeAnswers(state, store, topOf(state, stage), from))
    yield isTree ? { ...result, key: WHOLE } : result
}

/** The key of what a reduce stage makes of everything. */
export const WHOLE = 'all'

function missing(run: string, stage: Stage, index: number): JournalError {
  const state = itemStates[stateOf(stage.items, index)]
  return new JournalError('corrupt', {
    where: `item ${index} of ${run}, stage ${stage.definition.name}`,
    what: `its result is missing, though the journal has it as ${state}`,
    expected: 'a result for every item that has ended',
    remedy: 'Restore the folder from a backup, or run again with --fresh.',
  })
}
