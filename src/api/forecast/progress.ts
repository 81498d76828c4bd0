import { endedCount } from '../../core/items.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'

/**
 * How much of its work a run has done, 0 to 1: attempts that ended beside items that are left, each as long as its
 * stage's are on average. Stages that were never measured do not count.
 */
export function progressOf(state: State, run: Run): number {
  let [done, left] = [0, 0]
  for (const number of run.stages) {
    const stage = state.stages[number]
    const { pooled, byMachine, items } = stage
    if (pooled.n === 0) continue
    const each = pooled.time / pooled.n
    done += each * byMachine.reduce((sum, { tasks }) => sum + tasks, 0)
    left += each * Math.max(0, expectedItems(state, stage) - endedCount(items))
  }
  return done > 0 ? done / (done + left) : 0
}

/** Those that are known to come; of groups one at least. */
function expectedItems(state: State, stage: Stage): number {
  const { known, upstream, definition } = stage
  if (definition.link.kind !== 'item')
    return Math.max(known, definition.link.kind === 'source' ? 0 : 1)
  return Math.max(known, expectedItems(state, state.stages[upstream]))
}
