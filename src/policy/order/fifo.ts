import type { Order } from './order.ts'

/** First in, first out: by the instant a task became ready. Fair in waiting time, blind to everything else. */
export const fifo: Order = {
  name: 'fifo',
  source: 'Conway, Maxwell and Miller 1967, first come first served',
  key: task => task.releasedAt,
  global: false,
}
