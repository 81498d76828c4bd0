import { setTimeout as sleep } from 'node:timers/promises'
import type { Use } from './meter.ts'

/** Below this a sleep is too coarse; what is owed adds up until it is worth one. */
const SLEEP_MICROS = 1_000

/**
 * Makes a slot as slow as its machine is said to be: what an item took of the processor it takes
 * `slowdown` times over, the rest of it asleep. Micros.
 */
export function throttle() {
  let owed = 0
  return {
    /** Owes for items that used so much each; answers by how much they are to take longer. */
    owe(slowdown: number, use: Use, items = 1): number {
      const micros = slowedBy(slowdown, use) * items
      owed += micros
      return micros
    },
    isDue: () => owed >= SLEEP_MICROS,
    /** Sleeps for what is owed; if a sleep lasts too long, the next is shorter by as much. */
    async pay(): Promise<void> {
      const before = performance.now()
      await sleep(owed / 1_000)
      owed -= Math.round((performance.now() - before) * 1_000)
    },
  }
}

/** Only processor time is slowed, not waiting; time of parallel threads counts once. */
function slowedBy(slowdown: number, { cpuMicros, micros }: Use): number {
  return Math.round(Math.min(cpuMicros, micros) * Math.max(0, slowdown - 1))
}
