import type { Heap } from '../std/heap.ts'
import { heap } from '../std/heap.ts'

/**
 * The one heap of instants the core waits for, keyed (instant, order of setting). A timer is a hint:
 * when it fires, whoever set it looks whether it still matters.
 */
export type Timer =
  /** A waiting task may be due. */
  | { readonly kind: 'task'; readonly at: number; readonly task: number }
  /** The head of a slot may be past its timeout. */
  | {
      readonly kind: 'overdue'
      readonly at: number
      readonly machine: number
      readonly slot: number
    }
  /** An attempt that was asked to stop may be past its grace. */
  | {
      readonly kind: 'grace'
      readonly at: number
      readonly machine: number
      readonly slot: number
      readonly attempt: number
    }

export type Timers = {
  readonly heap: Heap<{ readonly timer: Timer; readonly order: number }>
  set: number
}

export function timers(): Timers {
  return { heap: heap((a, b) => a.timer.at - b.timer.at || a.order - b.order), set: 0 }
}

export function setTimer(timers: Timers, timer: Timer): void {
  timers.set += 1
  timers.heap.push({ timer, order: timers.set })
}

/** The next instant anything waits for, or `undefined`. */
export function nextInstant(timers: Timers): number | undefined {
  return timers.heap.peek()?.timer.at
}
