import { bandOf } from './band.ts'
import type { Order } from './order.ts'

/**
 * Highest response ratio next: (wait + time) / time. Short tasks go early, yet a long one gains with
 * every second it waits and never starves. The ratio of each task grows at its own pace, so no static
 * key orders all of them; among tasks of one size it is the longest wait. Hence a queue for every
 * power of two, first come first served, and at a decision the ratios of their heads: within a factor
 * of two of the exact rule, at the price of a look at a few dozen heads.
 */
export const hrrn: Order = {
  name: 'hrrn',
  source: 'Brinch Hansen 1971, short-term scheduling in multiprogramming systems',
  key: task => task.releasedAt,
  band: bandOf,
  urgency: ({ releasedAt, time }, now) => {
    const micros = Math.max(1, time)
    return (now - releasedAt + micros) / micros
  },
  global: true,
}
