import { isMainThread } from 'node:worker_threads'

/** What one item used. Micros of wall time, micros of processor time, bytes. */
export type Use = {
  readonly micros: number
  readonly cpuMicros: number
  readonly peakBytes: number
}

/**
 * Measures items. Asking the system costs as much as ten no-op items, so an item under a millisecond
 * is taken to have used the processor for its wall time and to have left memory as it was; the next
 * longer item subtracts what such items used. Memory held costs five times as much to ask for as the rest,
 * so it is asked for again after 20 ms of items; a new peak is seen with each.
 */
export function useMeter(): (micros: number) => Use {
  let usage = resourceUsage()
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

  return micros => {
    heldFor += micros
    if (micros <= 1_000) {
      shortMicros += micros
      return { micros, cpuMicros: micros, peakBytes }
    }
    const now = resourceUsage()
    const spent =
      now.userCPUTime - usage.userCPUTime + now.systemCPUTime - usage.systemCPUTime - shortMicros
    // The system keeps only the greatest peak of all time: it is this item's if it rose just now.
    if (now.maxRSS > usage.maxRSS) peakBytes = now.maxRSS * 1024
    else peakBytes = held()
    usage = now
    shortMicros = 0
    // A thread sees the whole process's time; it cannot have used more than it had.
    const own = isMainThread ? spent : Math.min(spent, micros)
    return { micros, cpuMicros: Math.max(0, own), peakBytes }
  }
}

const HELD_MICROS = 20_000

/** As they were before any handler could replace them. */
const { resourceUsage } = process
const { rss } = process.memoryUsage
