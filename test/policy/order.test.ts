import { describe, expect, test } from 'vitest'
import type { OrderedTask } from '../../src/policy/order/order.ts'
import { AGEING } from '../../src/policy/order/priority.ts'
import { orders } from '../../src/policy/registry.ts'
import { simulateProblem } from '../../src/sim/simulate.ts'
import { NEVER } from '../../src/std/time.ts'
import { ganttOf, problemOf } from './gantt.ts'

/** Each order by a table of tasks, listed as it must serve them, and by a Gantt chart of one machine. */
const tables: Readonly<Record<string, readonly Partial<OrderedTask>[]>> = {
  fifo: [
    { releasedAt: 1, work: 9 },
    { releasedAt: 2, work: 1, priority: 5 },
    { releasedAt: 3, work: 5, dueAt: 4 },
  ],
  spt: [
    { work: 1, releasedAt: 3 },
    { work: 5, releasedAt: 1 },
    { work: 9, releasedAt: 2, priority: 5 },
  ],
  lpt: [
    { work: 9, releasedAt: 3 },
    { work: 5, releasedAt: 1 },
    { work: 1, releasedAt: 2, priority: 5 },
  ],
  edd: [
    { dueAt: 4, work: 9 },
    { dueAt: 7, work: 1 },
    { dueAt: NEVER, work: 1, releasedAt: 0 },
  ],
  priority: [
    { priority: 2, releasedAt: AGEING },
    { priority: 0, releasedAt: 0 },
    { priority: 1, releasedAt: AGEING + 1 },
    { priority: 0, releasedAt: 1 },
    { priority: -1, releasedAt: 0 },
  ],
  'min-slack': [
    { dueAt: 9, learntTime: 8 },
    { dueAt: 4, learntTime: 2 },
    { dueAt: 9, learntTime: 2, work: 9 },
    { dueAt: NEVER, learntTime: 9 },
    { dueAt: NEVER, learntTime: 1 },
  ],
  wspt: [
    { work: 2, weight: 4 },
    { work: 1, weight: 1 },
    { work: 9, weight: 3 },
    { work: 1, weight: 0 },
  ],
  hrrn: [
    { releasedAt: 1, work: 9 },
    { releasedAt: 2, work: 8, priority: 5 },
    { releasedAt: 3, work: 15, dueAt: 4 },
  ],
  'critical-path': [
    { upwardRank: 9, work: 1 },
    { upwardRank: 5, work: 5 },
    { upwardRank: 4, work: 4, priority: 5 },
  ],
  fair: [
    { releasedAt: 1, work: 9 },
    { releasedAt: 2, work: 1, priority: 5 },
  ],
}

/** Five tasks of 5, 2, 4, 1, 3 on one machine: b has priority 1, d 2; due at 12.5, 8, 12, 30 and 3; c weighs 5, e 2. */
const gantts: Readonly<Record<string, string>> = {
  fifo: 'm0 aaaaabbccccdeee',
  spt: 'm0 dbbeeeccccaaaaa',
  lpt: 'm0 aaaaacccceeebbd',
  edd: 'm0 eeebbccccaaaaad',
  priority: 'm0 dbbaaaaacccceee',
  'min-slack': 'm0 eeebbaaaaaccccd',
  wspt: 'm0 ccccdeeebbaaaaa',
  // 3 and 4 share a band: c before e, which has waited as long.
  hrrn: 'm0 aaaaadbbcccceee',
  'critical-path': 'm0 aaaaacccceeebbd',
  fair: 'm0 aaaaabbccccdeee',
}

describe('each order is in the tables', () => {
  test.each(orders.map(({ name }) => name))('%s', name => {
    expect(tables[name]?.length ?? 0).toBeGreaterThan(1)
    expect(gantts[name]).toBeDefined()
  })
})

describe('which task first', () => {
  for (const { name, key } of orders) {
    test(name, () => {
      const keys = (tables[name] ?? []).map(task => key({ ...plain, ...task }))
      expect(keys.every(Number.isFinite)).toBe(true)
      expect(keys).toEqual([...keys].sort((a, b) => a - b))
      expect(new Set(keys).size).toBeGreaterThan(1)
    })
  }

  const problem = problemOf(
    [5, 2, 4, 1, 3],
    [1],
    [
      { due: 12.5 },
      { due: 8, priority: 1 },
      { due: 12, weight: 5 },
      { due: 30, priority: 2 },
      { due: 3, weight: 2 },
    ],
  )
  test.each(orders.map(({ name }) => name))('%s on one machine', name => {
    const { schedule } = simulateProblem(problem, { strategy: 'on-demand', order: name })
    expect(ganttOf(problem, schedule)).toBe(gantts[name])
  })
})

test('an order that looks at sizes must see every item before it is right', () => {
  expect(orders.filter(({ global }) => global).map(({ name }) => name)).toEqual([
    'spt',
    'lpt',
    'edd',
    'min-slack',
    'wspt',
    'hrrn',
    'critical-path',
  ])
})

test('spt has the least mean flow time on one machine (Smith 1956)', () => {
  const problem = problemOf([7, 1, 9, 3, 3, 8, 2], [1])
  const flow = (order: string): number =>
    simulateProblem(problem, { strategy: 'on-demand', order }).meanFlowTime
  for (const { name } of orders) expect(flow('spt')).toBeLessThanOrEqual(flow(name))
})

test('edd has the least maximum lateness on one machine (Jackson 1955)', () => {
  const dues = [9, 4, 30, 12, 7, 26, 3]
  const problem = problemOf(
    [7, 1, 9, 3, 3, 8, 2],
    [1],
    dues.map(due => ({ due })),
  )
  const lateness = (order: string): number => {
    const { schedule } = simulateProblem(problem, { strategy: 'on-demand', order })
    return Math.max(...dues.map((due, task) => schedule.end[task] - due))
  }
  for (const { name } of orders) expect(lateness('edd')).toBeLessThanOrEqual(lateness(name))
})

test('min-slack: what is never due goes last and in turn, however long it takes', () => {
  const problem = problemOf([1, 9, 2, 3], [1], [{}, {}, { due: 99 }, {}])
  const { schedule } = simulateProblem(problem, { strategy: 'on-demand', order: 'min-slack' })
  expect(ganttOf(problem, schedule)).toBe('m0 ccabbbbbbbbbddd')
})

const plain: OrderedTask = {
  index: 0,
  work: 1,
  releasedAt: 0,
  dueAt: NEVER,
  priority: 0,
  weight: 1,
  upwardRank: 1,
  time: 1,
  learntTime: 1,
  remainingPath: 1,
}
