import type { Order } from './order.ts'

/** Shortest processing time first: least mean flow time on one machine. Long tasks may wait for ever in a stream. */
export const spt: Order = {
  name: 'spt',
  source: 'Smith 1956; the article’s SJF (3.2.4)',
  key: task => task.work,
  global: true,
}
