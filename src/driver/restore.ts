import { decodeEntry } from '../core/codec.ts'
import { decodeState } from '../core/snapshot.ts'
import type { State } from '../core/state.ts'
import { emptyState } from '../core/initial.ts'
import { endReplay, replay } from '../core/step.ts'
import type { Journal } from '../port/journal.ts'

/** The state as the journal last made it durable. Applies what was decided; asks no policy. */
export function restore(journal: Journal): State {
  const { snapshot, entries } = journal.load()
  const state = snapshot === undefined ? emptyState() : decodeState(snapshot.body)
  for (const { sequence, term, body } of entries) {
    const { now, events, decisions } = decodeEntry(body)
    replay(state, now, events, decisions)
    state.sequence = sequence
    state.term = term
  }
  endReplay(state)
  return state
}
