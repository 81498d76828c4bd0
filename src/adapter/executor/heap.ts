import { getHeapStatistics } from 'node:v8'
import type { AttemptOrder } from '../../port/executor.ts'

/**
 * The engine limits JavaScript's heap by itself, to 2 or 4 GB where the box has more, once and for all as
 * it starts. Attempts that may hold more get a slot's process that was begun with more: in bytes, and in
 * doublings, so that a slot has few of them. What they may hold is watched beside it. 0: as it comes.
 */
export function heapFor(attempts: readonly AttemptOrder[]): number {
  let most = 0
  for (const { memoryLimit = 0 } of attempts) most = Math.max(most, memoryLimit)
  if (most <= usual) return 0
  let heap = usual
  while (heap < most) heap *= 2
  return heap
}

/** What any slot has: this process may have been given more than slots are. */
const usual = Math.min(getHeapStatistics().heap_size_limit, 2 * 1024 ** 3)

/** As the engine is told. */
export const heapMegabytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2)
