import { openSync, readSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/** What one item used. Micros of wall time, micros of processor time, bytes. */
export type Use = {
  readonly micros: number
  readonly cpuMicros: number
  readonly peakBytes: number
}

/**
 * Measures what items used, one at a time or as a batch whose items share it equally. Asking the system costs
 * as much as ten no-op items. So an item of less than a millisecond is assumed to have used the processor for
 * all its wall time and to have left memory unchanged; the next longer item subtracts what such short items
 * used. Asking for memory costs five times as much as the rest (60 micros where the item has filled the caches), so it is
 * only read again after another 100 ms of items; a new peak is noticed with each item.
 */
export function useMeter(): (micros: number, items?: number) => Use {
  const ownMicros = isMainThread ? undefined : threadMicros()
  let usage = resourceUsage()
  let busyMicros = ownMicros?.() ?? 0
  let shortMicros = 0
  let heldBytes = rss()
  let heldFor = 0
  let peakBytes = heldBytes
  function held(): number {
    if (heldFor >= HELD_MICROS) {
      heldBytes = rss()
      heldFor = 0
    }
    return heldBytes
  }

  /** Since the system was last asked. */
  function spent(now: NodeJS.ResourceUsage, took: number): number {
    const busy = ownMicros?.()
    if (busy === undefined) {
      const micros =
        now.userCPUTime - usage.userCPUTime + now.systemCPUTime - usage.systemCPUTime - shortMicros
      // A thread sees the whole process's time; it cannot have used more than it had.
      return isMainThread ? Math.max(0, micros) : Math.min(Math.max(0, micros), took)
    }
    // Processor time that the system reports late counts for the next item.
    const micros = Math.min(Math.max(0, busy - busyMicros - shortMicros), took)
    busyMicros = Math.max(busyMicros + micros + shortMicros, busy - LATE_MICROS)
    return micros
  }

  return (micros, items = 1) => {
    const took = micros * items
    heldFor += took
    if (took <= 1_000) {
      shortMicros += took
      return { micros, cpuMicros: micros, peakBytes }
    }
    const now = resourceUsage()
    const own = spent(now, took)
    // The system keeps only the greatest peak of all time: it is this item's if it rose just now.
    if (now.maxRSS > usage.maxRSS) peakBytes = now.maxRSS * 1024
    else peakBytes = held()
    usage = now
    shortMicros = 0
    return { micros, cpuMicros: Math.round(own / items), peakBytes }
  }
}

/** Linux brings a running thread's time up to date at each tick. */
const LATE_MICROS = 10_000

/**
 * Processor time of this very thread, where Linux tells it, up to a tick late. Elsewhere, and where a handler has
 * closed the file, `undefined`: a thread then sees the time of the whole process, its neighbours' with it.
 */
function threadMicros(): (() => number | undefined) | undefined {
  let file: number
  try {
    file = openSync('/proc/thread-self/schedstat', 'r')
  } catch {
    return undefined
  }
  const text = Buffer.alloc(64)
  return () => {
    try {
      const nanos = Number.parseInt(
        text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)),
        10,
      )
      return Number.isNaN(nanos) ? undefined : Math.round(nanos / 1_000)
    } catch {
      return undefined
    }
  }
}

const HELD_MICROS = 100_000

/** Taken before any handler could replace them. */
const { resourceUsage } = process
const { rss } = process.memoryUsage
