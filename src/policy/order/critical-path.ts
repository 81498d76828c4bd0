import type { Order } from './order.ts'

/**
 * Longest remaining path first: what everything after it waits for. In a problem that is the upward
 * rank, HEFT's priority; in a job the expected time of the item and of the longest chain of stages
 * that follows, by what is learnt at the moment of the decision. An item early in a long chain then
 * goes before one late in a short chain, so more results wait between stages than under other orders.
 */
export const criticalPath: Order = {
  name: 'critical-path',
  source: 'Hu 1961; Topcuoglu, Hariri and Wu 2002 (upward rank)',
  key: task => -task.upwardRank,
  urgency: head => head.remainingPath,
  acrossStages: true,
  global: true,
}
