import { getHeapStatistics } from 'node:v8'
import type { AttemptOrder } from '../../port/executor.ts'

/**
 * The engine limits JavaScript's heap when it starts, to 2 or 4 GB on larger boxes. Attempts that may hold more
 * get a slot process that was started with a larger heap. Sizes are in bytes and double each time, so that a
 * slot has few such processes. What attempts really hold is watched separately. 0: the engine's own limit.
 */
export function heapFor(attempts: readonly AttemptOrder[]): number {
  let most = 0
  for (const { memoryLimit = 0 } of attempts) most = Math.max(most, memoryLimit)
  if (most <= usual) return 0
  let heap = usual
  while (heap < most) heap *= 2
  return heap
}

/** The heap that any slot has by default; this process itself may have been started with a larger one. */
const usual = Math.min(getHeapStatistics().heap_size_limit, 2 * 1024 ** 3)

/** In MiB, the unit of the engine's option. */
export const heapMegabytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2)

/** What JavaScript may hold in a process that was started with this heap. */
export const heapLimit = (heap: number): number => heap || usual
