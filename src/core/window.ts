import { limits } from './limits.ts'
import type { Run } from './run.ts'
import type { Stage } from './stage.ts'

/** How many tasks of one item each, or items, a run's order has before it at once. */
export function windowOf({ order }: Run): number {
  return order.global ? limits.indexedTasks : limits.openTasks
}

/**
 * Whether ready items are cut into tasks, were there so many open: what a global order looks at is always full, a
 * plain one's window is filled again when it is half empty, in one decision for thousands.
 */
export function mayCut(run: Run, open: number): boolean {
  const window = windowOf(run)
  return run.order.global ? open < window : 2 * open <= window
}

/** Whether anything may follow where an item of a problem has ended: a cut once its task has, too, or the stage's end. */
export function leadsOn(run: Run, { pool, openTasks, known }: Stage, ended: number): boolean {
  return ended >= known || (pool.size > 0 && mayCut(run, openTasks - 1))
}
