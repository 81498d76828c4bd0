import { expect, test } from 'vitest'
import { compareStrategies, type CompareOptions } from '../../src/choose/compare.ts'
import { intervalOf } from '../../src/choose/interval.ts'
import { strategies, strategyNamed } from '../../src/choose/strategies.ts'
import { realise } from '../../src/choose/realise.ts'
import { problemFrom } from '../../src/input/problem.ts'
import { compareTable } from '../../src/report/compare-view.ts'
import { unrelatedProblem } from '../solver/unrelated-problem.ts'
import { article, heftPaper } from './problems.ts'

const options: CompareOptions = {
  strategies: strategies.filter(({ kind }) => kind !== 'solver'),
  objective: 'makespan',
  seed: 1,
  seeds: 1,
  noise: 0,
  spending: { kind: 'steps', steps: 30 },
}
const only = (...names: string[]) => strategies.filter(({ name }) => names.includes(name))

test('auto and portfolio are never worse than any other strategy', async () => {
  for (const problem of [article(), heftPaper()]) {
    const { rows } = await compareStrategies(problem, options)
    const least = Math.min(...rows.map(row => row.makespan))
    for (const name of ['auto', 'portfolio']) {
      expect(rows.find(row => row.strategy === name)?.makespan, name).toBe(least)
    }
  }
})

test('strategies that refuse are left out with their reason', async () => {
  const { rows, skipped } = await compareStrategies(heftPaper(), {
    ...options,
    strategies: only('heft', 'milp'),
  })
  expect(rows.map(row => row.strategy)).toEqual(['heft'])
  expect(skipped).toEqual([{ strategy: 'milp', reason: expect.stringContaining('depend') }])
})

test('once asked to stop, what was compared stands and the rest is left out', async () => {
  const asked: string[] = []
  const { rows, skipped } = await compareStrategies(article(), {
    ...options,
    strategies: only('met', 'mct', 'lpt'),
    spending: {
      kind: 'time',
      ms: 3_600_000,
      stop: { isAsked: () => asked.length === 2, hears: () => undefined },
    },
    onStrategy: name => asked.push(name),
  })
  expect([rows.map(row => row.strategy), skipped]).toEqual([
    asked,
    [{ strategy: 'lpt', reason: 'interrupted before it was its turn' }],
  ])
})

test('a planner that time cut short says so, in the row and under the table', async () => {
  const on = unrelatedProblem(Array.from({ length: 40 }, (_, at) => [at + 1.5, 40.25 - at]))
  const comparison = await compareStrategies(on, {
    ...options,
    strategies: only('sufferage', 'mct'),
    spending: { kind: 'time', ms: 0 },
    order: undefined,
  })
  const said = 'time was out: sufferage placed the last'
  expect(comparison.rows.map(({ trouble }) => trouble?.includes(said) ?? false)).toEqual([
    false,
    true,
  ])
  expect(compareTable(on, comparison)).toContain(`\n${said}`)
})

test('under noise every strategy meets the same durations', async () => {
  const fixed = [strategyNamed('met'), strategyNamed('met')].filter(found => found !== undefined)
  const { rows } = await compareStrategies(article(), {
    ...options,
    strategies: fixed,
    seeds: 5,
    noise: 0.3,
  })
  expect(rows[0].makespan).toBe(rows[1].makespan)
  expect(rows[0].intervals?.makespan[0]).toBeLessThan(rows[0].makespan)
  expect(rows[0].lowerBound).toBeLessThanOrEqual(rows[0].makespan)
})

test('where a seed leaves tasks undone no bound is claimed, and their share is told', async () => {
  const chain = problemFrom(
    {
      machines: [{ id: 'm' }],
      tasks: [1, 2, 3].map(work => ({
        ...{ id: `t${work}`, work },
        ...(work > 1 && { after: [`t${work - 1}`] }),
      })),
    },
    { place: 'chain.json', name: 'chain' },
  )
  const failing = { ...options, strategies: only('mct'), seeds: 8 }
  const { rows } = await compareStrategies(chain, {
    ...failing,
    faults: { failing: 0.3, attempts: 1 },
  })
  const [{ lowerBound, makespan, errorRate, undone = 0 }] = rows
  expect(makespan).toBeGreaterThan(0)
  expect(errorRate).toBeGreaterThan(0)
  expect(undone).toBeGreaterThan(errorRate)
  expect(lowerBound).toBe(0)
  const whole = await compareStrategies(chain, { ...failing, faults: { failing: 0 } })
  expect(whole.rows[0]).not.toHaveProperty('undone')
  expect(whole.rows[0].lowerBound).toBe(6)
})

test('what one strategy proves bounds every row', async () => {
  const { rows } = await compareStrategies(article(), {
    ...options,
    strategies: only('met', 'lpt'),
  })
  expect(rows.map(row => row.lowerBound)).toEqual([4, 4])
})

test('an interval is that of Student’s t', () => {
  const [low, high] = intervalOf([1, 2, 3, 4, 5])
  expect(low).toBeCloseTo(3 - 1.9634, 3)
  expect(high).toBeCloseTo(3 + 1.9634, 3)
  // Of more than are tabled: 2.0227 standard errors for 40 values.
  const many = Array.from({ length: 40 }, (_, at) => at % 2)
  const [least, most] = intervalOf(many)
  expect((most - least) / 2).toBeCloseTo(2.0227 * Math.sqrt(0.25 / 39), 5)
})

test('cost is that of all attempts: what failed, or was lost under way, is paid for', () => {
  const problem = problemFrom(
    {
      machines: [{ id: 'm', cost: 2 }],
      tasks: [1, 2, 3, 4].map(work => ({ id: `t${work}`, work })),
    },
    { place: 'test', name: 'test' },
  )
  const way = { kind: 'online', strategy: 'mct', order: 'fifo' } as const
  const run = (faults?: object) =>
    realise(problem, way, { noise: 0, seed: 1, ...(faults && { faults }) })
  expect(run().cost).toBeCloseTo(20, 9)
  for (const faults of [
    { failing: 0.5, attempts: 9 },
    { meanTimeBetweenLosses: 4, away: 1, attempts: 9 },
  ]) {
    const { cost, makespan, completions, attempts } = run(faults)
    expect(completions).toBe(4)
    expect(attempts).toBeGreaterThan(4)
    expect(cost).toBeGreaterThan(20)
    // One machine at a price of 2, which is idle only while it is away.
    expect(cost).toBeLessThanOrEqual(2 * makespan + 1e-9)
    if ('failing' in faults) expect(cost).toBeCloseTo(2 * makespan, 6)
  }
})
