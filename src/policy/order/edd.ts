import type { Order } from './order.ts'

/**
 * Earliest due date: least maximum lateness on one machine when all are released together. Blind to
 * weights and setup times. Between runs as well: what is due sooner goes first, what never is last.
 */
export const edd: Order = {
  name: 'edd',
  source: 'Jackson 1955',
  serves: 'due dates',
  key: task => task.dueAt,
  betweenRuns: true,
  global: true,
}
