import { type Micros, MINUTE } from '../../std/time.ts'
import type { Order } from './order.ts'

/**
 * Higher priority first, with linear ageing: one step of priority is worth a minute of waiting, so
 * nothing starves. Linear ageing moves all waiting tasks alike, hence the key never changes.
 */
export const priority: Order = {
  name: 'priority',
  source: 'Kleinrock 1976, delay-dependent priorities',
  serves: 'a wish',
  key: task => task.releasedAt - task.priority * AGEING,
  global: false,
}

/** Micros of waiting that outweigh one step of priority. */
export const AGEING: Micros = MINUTE
