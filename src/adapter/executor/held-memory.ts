import { residentBytes } from '../machine/memory.ts'

export type HeldMemory = ReturnType<typeof heldMemory>

/**
 * What a slot's process holds, in bytes, and how much of that was left in it by items before the one that runs:
 * they may be another stage's, and an item is not to blame for what was there before it began.
 */
export function heldMemory() {
  let held = 0
  /** With all stages loaded, before any item ran. */
  let fresh = 0
  let left = 0
  let running = -1
  let readAt = Number.NEGATIVE_INFINITY

  function begins(item: number): void {
    if (item === running) return
    running = item
    left = fresh === 0 ? 0 : Math.max(0, held - fresh)
  }

  return {
    bytes: () => held,
    left: () => left,
    loaded(bytes: number, grown: number): void {
      fresh = fresh === 0 ? bytes : fresh + grown
    },
    /** A sample, taken while this item ran. */
    sampled(bytes: number, item: number | undefined): void {
      if (item !== undefined) begins(item)
      held = bytes
    },
    /** Reads what is held before the item has taken more: of short items the first of a few milliseconds. */
    beginning(item: number, pid: number | undefined): void {
      const now = performance.now()
      if (now - readAt > SHORT_MS) {
        readAt = now
        held = (pid === undefined ? undefined : residentBytes(pid)) || held
      }
      begins(item)
    },
  }
}

/** A reading costs some 15 microseconds. */
const SHORT_MS = 5
