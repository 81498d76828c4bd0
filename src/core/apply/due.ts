import type { Run } from '../run.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { wishesFor } from '../wishes.ts'

/**
 * An item ended well in a stage that none follows item by item: it counts as in time or late, where it,
 * or its run, has a due date.
 */
export function countDue(state: State, run: Run, stage: Stage, index: number): void {
  const { link } = stage.definition
  if (link.kind !== 'source' && link.kind !== 'item') return
  const wishes = wishesFor(state, stage)
  const { due: shared } = run.definition
  if (shared === undefined && wishes.size === 0) return
  if (stage.downstream.some(number => state.stages[number].definition.link.kind === 'item')) return
  const due = wishes.get(index)?.due ?? shared
  if (due === undefined) return
  const { dues } = run
  dues.ended += 1
  if (state.now <= due) return
  dues.late += 1
  dues.most = Math.max(dues.most, state.now - due)
}
