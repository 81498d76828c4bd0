import type { Order } from './order.ts'

/** Longest processing time first: on m equal machines at most 4/3 - 1/(3m) times the least makespan. */
export const lpt: Order = {
  name: 'lpt',
  source: 'Graham 1969, bounds on multiprocessing timing anomalies',
  key: task => -task.work,
  global: true,
}
