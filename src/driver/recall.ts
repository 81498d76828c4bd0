import type { Run } from '../core/run.ts'
import type { State } from '../core/state.ts'
import { leavesEnded } from './chain.ts'
import { type Payloads, refetch } from './payloads.ts'

/**
 * Reads again what a restart has lost of a run's open items, so that those which end without having run
 * are stored under their own keys. Pushed items need it not: the spool has them at hand.
 */
export async function recall(state: State, payloads: Payloads, run: Run): Promise<void> {
  for (const number of run.stages) {
    const stage = state.stages[number]
    const { link } = stage.definition
    if (link.kind !== 'source' || link.pushed === true) continue
    const isHere = (index: number): boolean =>
      leavesEnded(state, stage, index) || payloads.cargo.get(number)?.items.has(index) === true
    for (let index = 0; index < stage.known; index += 1) {
      if (isHere(index)) continue
      await refetch(state, payloads, stage, index)
      // The input has shrunk: there is nothing more to read.
      if (!isHere(index)) break
    }
  }
}
