import { describe, expect, test } from 'vitest'
import type { ComparedRow } from '../../src/choose/compare.ts'
import { problemFrom } from '../../src/input/problem.ts'
import { compareTable } from '../../src/report/compare-view.ts'
import { digitsFor, formatFixed } from '../../src/report/digits.ts'
import { runVerdict } from '../../src/report/run-verdict.ts'
import { verdictOf } from '../../src/report/verdict.ts'

const problem = problemFrom(
  { machines: [{ id: 'm' }], tasks: [{ id: 't', work: 1 }] },
  { place: 'x', name: 'x' },
)

const row = (strategy: string, makespan: number, more: Partial<ComparedRow> = {}): ComparedRow => ({
  strategy,
  seed: 1,
  seeds: 1,
  makespan,
  meanFlowTime: makespan,
  p95FlowTime: makespan,
  utilisation: 0.5,
  errorRate: 0,
  meanTardiness: 0,
  weightedTardiness: 0,
  cost: 0,
  lowerBound: 8,
  gap: makespan / 8 - 1,
  optimal: makespan === 8,
  seconds: 0.01,
  schedule: {
    machine: Int32Array.of(0),
    start: Float64Array.of(0),
    end: Float64Array.of(makespan),
  },
  ...more,
})

const intervalsOf = (low: number, high: number) => {
  const interval = [low, high] as const
  return {
    makespan: interval,
    meanFlowTime: interval,
    p95FlowTime: interval,
    utilisation: interval,
    errorRate: interval,
    meanTardiness: interval,
    weightedTardiness: interval,
    cost: interval,
  }
}

describe('what a comparison comes to', () => {
  test('who ends first, that nothing can end sooner, and what the wrong choice costs', () => {
    const rows = [row('heft', 8), row('mct', 8), row('random', 20)]
    expect(verdictOf(problem, rows, 'makespan')).toBe(
      'heft and mct end first, after 8 s, and nothing can end sooner; the worst, random, takes 2.5 times as long.',
    )
  })

  test('where all come to the same, that they do', () => {
    const said = (...names: string[]) => {
      const rows = names.map(name => row(name, 10))
      return verdictOf(problem, rows, 'makespan').split(', at most')[0]
    }
    expect(said('heft')).toBe('heft ends after 10 s')
    expect(said('heft', 'mct')).toBe('heft and mct end together, after 10 s')
    expect(said('heft', 'mct', 'met')).toBe('All 3 end together, after 10 s')
  })

  test('by how much the worst is behind, as a share up to a tenth and as a factor beyond', () => {
    const said = (worst: number) =>
      verdictOf(problem, [row('heft', 8), row('mct', worst)], 'makespan').split('; ')[1]
    expect(said(8.4)).toBe('the worst, mct, is 5.00 % behind.')
    expect(said(9.6)).toBe('the worst, mct, takes 1.2 times as long.')
  })

  test('what is left to win where nothing is proved', () => {
    expect(verdictOf(problem, [row('heft', 10), row('mct', 10.5)], 'makespan')).toBe(
      'heft ends first, after 10 s, at most 25.0 % above the best possible; the worst, mct, is 5.00 % behind.',
    )
  })

  test('another objective is named', () => {
    const rows = [row('heft', 10, { cost: 3 }), row('mct', 9, { cost: 6 })]
    expect(verdictOf(problem, rows, 'cost')).toBe(
      'heft has the least cost, 3; the worst, mct, comes to 2.0 times as much.',
    )
  })

  test('whose interval reaches the best may be as good', () => {
    const rows = [
      row('heft', 10, { seeds: 5, intervals: intervalsOf(9, 11) }),
      row('mct', 11, { seeds: 5, intervals: intervalsOf(9.9, 12.1) }),
      row('met', 30, { seeds: 5, intervals: intervalsOf(28, 32) }),
    ]
    expect(verdictOf(problem, rows, 'makespan')).toContain(
      ' mct may be as good: more seeds would tell.',
    )
  })

  test('an early end with tasks undone is no merit, and is said', () => {
    const rows = [row('heft', 10, { errorRate: 0.25 })]
    expect(verdictOf(problem, rows, 'makespan')).toContain('25.0 % of its tasks failed for good.')
    const waited = [row('heft', 10, { errorRate: 0.25, undone: 0.5 })]
    expect(verdictOf(problem, waited, 'makespan')).toContain(
      '50.0 % of its tasks failed for good, or waited for one that did.',
    )
  })
})

test('where tasks failed for good no bound is claimed', () => {
  const rows = [row('heft', 10, { errorRate: 0.25, lowerBound: 0, gap: Number.POSITIVE_INFINITY })]
  const [first] = compareTable(problem, { rows, skipped: [] }).split('\n')
  expect(first).toBe('x: tasks failed for good, and nothing bounds what was left')
})

test('where no task takes any time the bound is 0', () => {
  const rows = [row('heft', 0, { lowerBound: 0, gap: 0, optimal: true })]
  const [first] = compareTable(problem, { rows, skipped: [] }).split('\n')
  expect(first).toBe('x: no schedule is shorter than 0 s')
})

describe('figures of a column', () => {
  test('have as many decimals as the least needs, so that points stand under each other', () => {
    expect(digitsFor([4, 4.3333, 11.5])).toBe(3)
    expect(digitsFor([57.17, 430.9])).toBe(2)
    expect(digitsFor([1_829.4, 1_171])).toBe(0)
    expect(digitsFor([4, 12])).toBe(0)
    expect(digitsFor([0, 0.00002, 123_456])).toBe(0)
    expect(digitsFor([0.006593, 0.01312])).toBe(5)
    expect(digitsFor([0.09719, 1.166])).toBe(4)
    expect(digitsFor([0.000319])).toBe(6)
    expect(digitsFor([0.5124, 0.9])).toBe(3)
    expect([formatFixed(12_345.678, 1), formatFixed(4, 3), formatFixed(-0.0001, 2)]).toEqual([
      '12,345.7',
      '4.000',
      '0.00',
    ])
  })

  test('a narrow terminal gets the columns that fit, and is told which do not', () => {
    const rows = [row('random', 430.9), row('heft', 57.1666)]
    const lines = (width: number) =>
      compareTable(problem, { rows, skipped: [] }, 'makespan', width).trimEnd().split('\n').slice(3)
    expect(lines(78)[0]).toBe(
      'strategy  makespan, s  over bound  mean flow  p95 flow  utilisation  planning',
    )
    expect(lines(50)).toEqual([
      'strategy  makespan, s  over bound  utilisation',
      '──────────────────────────────────────────────',
      'heft            57.17     614.6 %       50.0 %',
      'random         430.90     5,286 %       50.0 %',
      'not shown for want of room: planning, p95 flow, mean flow',
    ])
  })

  test('in the table of a comparison', () => {
    const rows = [row('random', 430.9), row('heft', 57.1666), row('mct', 60)]
    const text = compareTable(problem, { rows, skipped: [] })
    expect(text.match(/^(?:heft|mct|random) +[\d.]+/gm)).toEqual([
      'heft            57.17',
      'mct             60.00',
      'random         430.90',
    ])
    expect(text.split('\n')[1]).toMatch(/^heft ends first, after 57.17 s/)
  })
})

test('a run took as long as its measured times allow, or longer, and says which', () => {
  const lanes = [{ label: 'm', blocks: [] }]
  const chart = {
    lanes,
    slots: 1,
    seconds: 8,
    attempts: 1,
    retried: 0,
    failed: 0,
    running: 0,
    rests: [],
    loading: 0,
  }
  const done = {
    name: 'a',
    complete: true,
    waiting: 0,
    running: 0,
    done: 1,
    failed: 0,
    skipped: 0,
    stopped: 0,
    cancelled: 0,
    busySeconds: 8,
  }
  const said = (lowerBound: number) =>
    runVerdict({
      ...{
        run: 'r',
        job: 'j',
        state: 'done',
        seconds: 8,
        lowerBound,
        utilisation: 1,
        errorRate: 0,
      },
      ...{ retries: 0, attempts: 1, stages: [done], failures: [], chart },
    })
  expect(said(7.95)).toBe(
    'Done: 1 of 1 item done. It took 8 s, as short as its measured times allow.',
  )
  expect(said(6)).toBe('Done: 1 of 1 item done. It took 8 s; its measured times allow 6 s.')
})
