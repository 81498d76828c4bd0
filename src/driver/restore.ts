import { decodeEntry } from '../core/codec.ts'
import { decodeState } from '../core/snapshot.ts'
import type { State } from '../core/state.ts'
import { emptyState } from '../core/initial.ts'
import { endReplay, replay } from '../core/step.ts'
import type { HistoryBatch, Journal } from '../port/journal.ts'
import { untoldHistory } from './history.ts'

/** The state as the journal last made it durable. Applies what was decided; asks no policy. */
export function restore(journal: Journal): State {
  const { snapshot, entries, historyTo } = journal.load()
  const state = snapshot === undefined ? emptyState() : decodeState(snapshot.body)
  const history: HistoryBatch[] = []
  for (const { sequence, term, body } of entries) {
    const { now, events, decisions } = decodeEntry(body)
    history.push(
      ...untoldHistory(state, now, events, (run, stage) => historyTo(run, stage) < sequence),
    )
    replay(state, now, events, decisions)
    state.sequence = sequence
    state.term = term
  }
  endReplay(state)
  journal.recall(history)
  return state
}
