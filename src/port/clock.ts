import type { Micros } from '../std/time.ts'

/** Time and turns: the only way the driver waits. */
export interface Clock {
  /** Whole micros since the epoch; never goes back. */
  now(): Micros
  /** Calls back once at or after the instant, replacing the last wish; `undefined` withdraws it. */
  wake(at: Micros | undefined, callback: () => void): void
  /** Calls back after whatever has already arrived was handed over. */
  soon(callback: () => void): void
}
