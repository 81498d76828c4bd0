import type { Order } from './order.ts'

/**
 * Least slack first: due date less now less work. Now is the same for all that wait, so the key is due
 * date less work and stays as it is. Blind to what is already too late: that still goes first.
 */
export const minSlack: Order = {
  name: 'min-slack',
  source: 'Conway 1965, minimum slack time; Baker 1974',
  serves: 'due dates',
  key: task => task.dueAt - task.work,
  global: true,
}
