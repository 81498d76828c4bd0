import type { SourceRead } from '../core/event.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { followersEnded, headOf, isFollowed, leavesEnded } from './chain.ts'
import { put, take } from './hold.ts'
import type { Payloads } from './payloads.ts'

/** Drops what no stage will ask for any more, once `stage` has answered `index`. */
export function release(state: State, payloads: Payloads, stage: Stage, index: number): void {
  if (stage.upstream >= 0 && followersEnded(state, state.stages[stage.upstream], index))
    take(payloads.results.get(stage.upstream), index)
  if (isFollowed(state, stage)) {
    if (stage.definition.link.kind !== 'source') return
    const hold = payloads.cargo.get(stage.number)
    const cargo = hold?.items.get(index)
    if (hold === undefined || cargo === undefined) return
    letGo(payloads, stage, cargo.payload.length)
    put(hold, index, { ...cargo, payload: '' })
    return
  }
  const head = headOf(state, stage)
  // Where the way forks, the other branches still need the key.
  if (head !== stage && !leavesEnded(state, head, index)) return
  letGo(payloads, head, take(payloads.cargo.get(head.number), index))
}

/** Items kept of an earlier run ended as they were read: what they carried is let go as that of others is. */
export function releaseKept(state: State, payloads: Payloads, { kept = [] }: SourceRead): void {
  for (const { stage, items } of kept)
    for (const index of items) release(state, payloads, state.stages[stage], index)
}

/** A stage's run is over: all that waited for it. */
export async function forgetStage(payloads: Payloads, forgotten: Stage): Promise<void> {
  const stage = forgotten.number
  const source = payloads.sources.get(stage)
  letGo(payloads, forgotten, payloads.cargo.get(stage)?.size ?? 0)
  payloads.cargo.delete(stage)
  payloads.results.delete(stage)
  payloads.inputs.delete(stage)
  payloads.gathers.delete(stage)
  payloads.sources.delete(stage)
  payloads.pushed.forget()
  await source?.close()
}

/** For pushed items, the bytes that wait in memory are counted over all stages. */
function letGo({ pushed }: Payloads, { definition: { link } }: Stage, bytes: number): void {
  if (link.kind === 'source' && link.pushed === true) pushed.held -= bytes
}
