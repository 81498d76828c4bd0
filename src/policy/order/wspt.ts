import type { Order } from './order.ts'

/**
 * Weighted shortest processing time first: work over weight. Least weighted sum of completion times on
 * one machine. What weighs nothing goes last.
 */
export const wspt: Order = {
  name: 'wspt',
  source: 'Smith 1956, various optimizers for single-stage production',
  key: task => (task.weight > 0 ? task.work / task.weight : Number.MAX_VALUE),
  global: true,
}
