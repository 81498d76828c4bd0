import type { ChunkQuestion } from './chunk.ts'

/**
 * Guided self-scheduling (Polychronopoulos and Kuck 1987), bounded from below by cost: a task should
 * last about 100 times what it costs to hand out, so that handing out stays under 1 %, and never take
 * more than an even share of half of what remains, so that the last tasks do not straggle. While the
 * time per item is unknown an item travels alone: that is how it becomes known.
 */
export function guided(question: ChunkQuestion): number {
  const { remaining, slots, microsPerItem } = question
  if (Number.isNaN(microsPerItem)) return 1
  const worthwhile = Math.ceil(WORTHWHILE / Math.max(1, microsPerItem))
  const share = Math.floor(remaining / (2 * Math.max(1, slots)))
  return Math.max(1, Math.min(worthwhile, share, MOST))
}

/** Micros to hand out one task and take its answer, while all cores are at work: messages, a commit, a busy loop. */
const HAND_OUT = 2_000
/** Micros of work for which that is 1 %. */
export const WORTHWHILE = 100 * HAND_OUT
/** Items: of those so short that this binds, what each takes of the loop is the cost. */
const MOST = 1_000
