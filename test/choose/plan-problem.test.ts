import { describe, expect, test } from 'vitest'
import { openHighs } from '../../src/adapter/solver/highs.ts'
import { planProblem, Refused } from '../../src/choose/plan-problem.ts'
import { prepare, runPrepared } from '../../src/choose/run-strategy.ts'
import { shapeOf } from '../../src/choose/shape.ts'
import { refusalOf, strategies, strategyNamed } from '../../src/choose/strategies.ts'
import { problemFrom } from '../../src/input/problem.ts'
import type { Problem } from '../../src/model/problem.ts'
import { violationsOf } from '../../src/model/validator.ts'
import { prng } from '../../src/std/prng.ts'
import { unrelatedProblem } from '../solver/unrelated-problem.ts'
import { article, heftPaper } from './problems.ts'

const named = (name: string) => strategyNamed(name) ?? expect.fail(`no strategy ${name}`)
const plan = (problem: Problem, name: string, steps = 30, seed = 1) =>
  planProblem(problem, { strategy: named(name), seed, spending: { kind: 'steps', steps } })

test('the shape of the work counts chains whatever order tasks are written in, without the noise of sums', () => {
  const chain = [
    { id: 'c', work: 0.1, after: ['b'] },
    { id: 'b', work: 0.1, after: ['a'] },
    { id: 'a', work: 0.1 },
  ]
  const free = Array.from({ length: 33 }, (_, at) => ({ id: `free ${at}`, work: 0.1 }))
  const machines = [{ id: 'slow', speed: 0.5 }, { id: 'fast' }]
  const problem = problemFrom(
    { machines, tasks: [...chain, ...free] },
    { place: 'shape', name: 'shape' },
  )
  expect(shapeOf(problem)).toEqual({ work: 3.6, criticalPath: 0.3, width: 34, parallelism: 12 })
})

describe('planning a problem', () => {
  test.each([
    ['heft', 80],
    ['cpop', 86],
    ['peft', 85],
    ['auto', 73],
  ])('%s gives %i on the example of the HEFT paper', async (name, makespan) => {
    expect((await plan(heftPaper(), name)).makespan).toBe(makespan)
  })

  test.each([
    ['round-robin', 7.5],
    ['mct', 5],
    ['min-min', 5],
    ['on-demand', 4.5],
    ['sufferage', 13 / 3],
    ['lpt', 4],
    ['max-min', 4],
    ['auto', 4],
  ])('%s gives %d on the article’s example, where 4 is proved least', async (name, makespan) => {
    const outcome = await plan(article(), name)
    expect(outcome.makespan).toBeCloseTo(makespan, 9)
    expect(outcome.lowerBound).toBe(4)
    expect(outcome.optimal).toBe(makespan === 4)
    expect(outcome.gap).toBeCloseTo(makespan / 4 - 1, 9)
  })

  test('a schedule that only exhaustion finds is one that a run can follow', async () => {
    const times = [
      [1, 39, 60],
      [60, 15, 13],
      [24, 6, 12],
      [0, 12, 54],
      [19, 8, 12],
      [27, 17, 12],
      [8, 13, 2],
      [7, 60, 15],
      [4, 2, 51],
      [51, 6, 18],
      [20, 45, 18],
      [4, 15, 17],
      [1, 3, 7],
      [45, 9, 12],
      [18, 51, 13],
      [45, 12, 8],
      [51, 0, 21],
      [15, 9, 10],
      [5, 33, 0],
      [14, 15, 60],
    ]
    const machines = [{ id: 'm0' }, { id: 'm1' }, { id: 'm2' }]
    const tasks = times.map((row, at) => ({ id: `t${at}`, times: row }))
    const problem = problemFrom({ machines, tasks }, { place: 'x', name: 'x' })
    const { makespan, optimal, why, members = [] } = await plan(problem, 'auto')
    expect([makespan, optimal]).toEqual([47, true])
    expect(why).toContain('exhaustion has the least makespan there is')
    expect(Math.min(...members.map(member => member.makespan))).toBe(47)
    const spending = { kind: 'steps', steps: 30 } as const
    const certain = { noise: 0, seed: 1 }
    const asked = { strategy: named('auto'), objective: 'makespan', spending, ...certain } as const
    expect(runPrepared(problem, await prepare(problem, asked), certain).makespan).toBe(47)
  })

  test('every strategy that takes a problem gives a valid schedule of it', async () => {
    const solver = openHighs()
    for (const problem of [article(), heftPaper()]) {
      for (const strategy of strategies) {
        if (refusalOf(strategy, problem) !== undefined) continue
        const spending = { kind: 'time', ms: 50 } as const
        const { schedule } = await planProblem(problem, { strategy, seed: 1, spending, solver })
        expect(violationsOf(problem, schedule), strategy.name).toEqual([])
      }
    }
    await solver.close()
  })

  test('no time at all still gives a schedule', async () => {
    const spending = { kind: 'time', ms: 0 } as const
    const outcome = await planProblem(heftPaper(), { strategy: named('auto'), seed: 1, spending })
    expect(outcome.makespan).toBeGreaterThanOrEqual(73)
    expect(outcome.makespan).toBeLessThanOrEqual(88)
  })

  test('no time at all is enough for many tasks to end near the bound, and proves it', async () => {
    const random = prng(7)
    const kinds = Array.from({ length: 8 }, () =>
      Array.from({ length: 10 }, () => 1 + 50 * random.next()),
    )
    // One kind after another: what was learnt from the first must not spoil the last.
    const rows = Array.from({ length: 41_000 }, (_, task) =>
      kinds[Math.floor((task * kinds.length) / 41_000)].map(time => time * (1 + random.next())),
    )
    const spending = { kind: 'time', ms: 0 } as const
    const on = unrelatedProblem(rows)
    const { gap } = await planProblem(on, { strategy: named('auto'), seed: 1, spending })
    expect(gap).toBeLessThan(0.01)
  })

  test.each(['local-search', 'portfolio', 'auto'])(
    '%s asked to stop ends with the best so far, and until then hears of it',
    { timeout: 20_000 },
    async name => {
      const random = prng(5)
      const times = () => Array.from({ length: 6 }, () => 1 + 20 * random.next())
      const on = unrelatedProblem(Array.from({ length: 120 }, times))
      const heard: boolean[] = []
      const stop = {
        isAsked: () => heard.length > 0,
        hears: (now: boolean) => {
          heard.push(now)
        },
      }
      const spending = { kind: 'time', ms: 3_600_000, stop } as const
      const solver = openHighs()
      const found = await planProblem(on, { strategy: named(name), seed: 1, spending, solver })
      await solver.close()
      expect(violationsOf(on, found.schedule)).toEqual([])
      expect(found.makespan).toBeLessThanOrEqual((await plan(on, 'mct')).makespan)
      expect(heard).toEqual([true, false])
    },
  )

  test('counted in steps, a plan repeats byte for byte, its seconds included', async () => {
    const once = JSON.stringify(await plan(heftPaper(), 'local-search', 40, 7))
    expect(JSON.stringify(await plan(heftPaper(), 'local-search', 40, 7))).toBe(once)
  })

  test('a strategy that cannot take the problem refuses it with its reason', async () => {
    const refused = plan(heftPaper(), 'milp')
    await expect(refused).rejects.toBeInstanceOf(Refused)
    await expect(refused).rejects.toThrow('depend on each other')
  })

  test('auto says what it tried and why it chose', async () => {
    const { why } = await plan(heftPaper(), 'auto')
    expect(why).toMatch(/least makespan of \d+ tried.*; next .+ [\d.]+ % worse/)
  })
})

test('many tasks on shared machines are placed by rules that wait for room, not by comparing all', async () => {
  const problem = problemFrom(
    {
      machines: ['m0', 'm1', 'm2'].map(id => ({ id, capacity: { cpu: 8, gpu: 2 } })),
      tasks: Array.from({ length: 1_500 }, (_, at) => ({
        id: `t${at}`,
        work: 1 + ((at * 7919) % 31),
        needs: { cpu: 1 + ((at * 104_729) % 4), gpu: at % 2 },
      })),
    },
    { place: 'test', name: 'test' },
  )
  const { members, makespan } = await plan(problem, 'auto', 16)
  const names = members?.map(({ name }) => name)
  expect(names).toContain('best-fit')
  expect(names).not.toContain('sufferage')
  const other = await plan(problem, 'best-fit')
  expect(makespan).toBeLessThanOrEqual(other.makespan)
})
