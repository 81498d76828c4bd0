import { NEVER } from '../../std/time.ts'
import { bandOf } from './band.ts'
import type { Order, OrderedTask } from './order.ts'

/**
 * Least slack first: due date less now less expected time. Now is the same for all that wait, so the
 * key is due date less time. What is learnt of times while tasks wait counts between sizes: a queue for
 * every power of two, whose heads are compared anew. Blind to what is already too late: that still
 * goes first. Where no times are known yet, the earliest due date. What is never due goes last.
 */
export const minSlack: Order = {
  name: 'min-slack',
  source: 'Conway 1965, minimum slack time; Baker 1974',
  serves: 'due dates',
  key: slackOf,
  band: bandOf,
  urgency: head => -slackOf(head),
  betweenRuns: true,
  global: true,
}

function slackOf({ dueAt, learntTime }: OrderedTask): number {
  return dueAt === NEVER ? NEVER : dueAt - learntTime
}
