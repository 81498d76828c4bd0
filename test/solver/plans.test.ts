import { afterAll, describe, expect, it } from 'vitest'
import { openHighs } from '../../src/adapter/solver/highs.ts'
import { budgetOf } from '../../src/choose/drive.ts'
import { lpBound, planLpRounding } from '../../src/choose/lp-plan.ts'
import { planMilp } from '../../src/choose/milp-plan.ts'
import { planPortfolio } from '../../src/choose/portfolio.ts'
import { proveBound } from '../../src/choose/prove.ts'
import { makespanOf, type Schedule } from '../../src/model/schedule.ts'
import { violationsOf } from '../../src/model/validator.ts'
import { dualBound } from '../../src/policy/bound/certified.ts'
import { unrelatedOf } from '../../src/policy/bound/unrelated.ts'
import { scheduleOf } from '../../src/policy/planning/assignment.ts'
import type { Solver } from '../../src/port/solver.ts'
import {
  article,
  leastMakespan,
  matricesPresent,
  matrixProblem,
  randomRows,
  unrelatedProblem,
} from './unrelated-problem.ts'

const solver = openHighs()
afterAll(() => solver.close())
const inTime = { timeLimitMs: 20_000 }
const broken: Solver = {
  solve: async () => ({ kind: 'failed', reason: 'out of order' }),
  close: async () => undefined,
}
const totalTime = (schedule: Schedule) =>
  schedule.end.reduce((sum, end, task) => sum + end - schedule.start[task], 0)

describe('the LP', () => {
  it('reaches the LP value, with multipliers that prove it', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const rows = randomRows(seed, { tasks: 80, machines: 6, missing: 0.3 }).map(row =>
        row.map(time => time + 0.5),
      )
      const problem = unrelatedProblem(rows)
      const found = await lpBound(problem, solver, inTime)
      expect(found.solution?.complete).toBe(true)
      expect(dualBound(unrelatedOf(problem), found.lambda)).toBeGreaterThanOrEqual(
        found.value * (1 - 1e-9),
      )
      expect(fullestLoad(found.solution!, 6)).toBeCloseTo(found.value, 3)
    }
  })

  it('generates the columns that its first choice lacked', async () => {
    const rows = randomRows(8, { tasks: 400, machines: 12 }).map(row => row.map(t => t * t + 0.5))
    const found = await lpBound(unrelatedProblem(rows), solver, inTime)
    expect(found.solution?.complete).toBe(true)
    expect(fullestLoad(found.solution!, 12) / found.value).toBeCloseTo(1, 6)
  })

  it('still proves a bound when the solver fails', async () => {
    const found = await lpBound(article, broken, { timeLimitMs: 1000 })
    expect(found.value).toBeCloseTo(33 / 9, 5)
    expect(found.solution).toBeUndefined()
  })

  it('bounds a problem with precedence, as its relaxation', async () => {
    const chain = unrelatedProblem([
      [3, 3],
      [3, 3],
    ])
    const edges = { ...chain.edges, firstEdge: Int32Array.of(0, 0, 1), from: Int32Array.of(0) }
    expect((await lpBound({ ...chain, edges }, solver, inTime)).value).toBe(3)
  })
})

describe('lp-rounding', () => {
  it('is valid and at most twice its own lower bound', async () => {
    for (const seed of Array.from({ length: 25 }, (_, k) => k + 1)) {
      const shape = { tasks: 1 + ((seed * 7) % 40), machines: 2 + (seed % 6), missing: 0.2 }
      const problem = unrelatedProblem(randomRows(seed, shape))
      const { schedule, lowerBound } = await planLpRounding(problem, solver, inTime)
      expect(violationsOf(problem, schedule)).toEqual([])
      expect(makespanOf(schedule)).toBeLessThanOrEqual(2 * lowerBound)
    }
  })

  it('takes whole classes of equal tasks', async () => {
    const rows = Array.from({ length: 100 }, (_, task) => (task % 2 ? [2, 3, 7] : [6, 4, 2]))
    const problem = unrelatedProblem(rows)
    const { schedule, lowerBound } = await planLpRounding(problem, solver, inTime)
    expect(violationsOf(problem, schedule)).toEqual([])
    expect(makespanOf(schedule)).toBeLessThanOrEqual(lowerBound + 6)
  })

  it('keeps the fill at prices where rounding the whole program comes out above it', async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const problem = unrelatedProblem(randomRows(seed, { tasks: 60, machines: 6 }))
      const late = await planLpRounding(problem, broken, { timeLimitMs: 100 })
      const { schedule } = await planLpRounding(problem, solver, inTime)
      expect(makespanOf(schedule)).toBeLessThanOrEqual(makespanOf(late.schedule))
    }
  })

  it('plans by prices when the solver fails', async () => {
    const problem = unrelatedProblem(randomRows(4, { tasks: 40, machines: 5 }))
    const { schedule, lowerBound } = await planLpRounding(problem, broken, { timeLimitMs: 200 })
    expect(violationsOf(problem, schedule)).toEqual([])
    expect(lowerBound).toBeGreaterThan(0)
  })
})

describe('milp', () => {
  it('on the article proves 4 and works least: R1 R2 R3 R3 R2, 10.5', async () => {
    const plan = await planMilp(article, solver, inTime)
    expect(plan.optimal).toBe(true)
    expect([makespanOf(plan.schedule), plan.lowerBound]).toEqual([4, 4])
    expect([...plan.schedule.machine]).toEqual([0, 1, 2, 2, 1])
    expect(totalTime(plan.schedule)).toBeCloseTo(10.5, 12)
  })

  it('is optimal, and says so, on small problems', async () => {
    for (const seed of Array.from({ length: 15 }, (_, k) => k + 1)) {
      const rows = randomRows(seed, { tasks: 7, machines: 3, missing: 0.1 })
      const plan = await planMilp(unrelatedProblem(rows), solver, inTime)
      expect(plan.optimal).toBe(true)
      expect(makespanOf(plan.schedule)).toBe(leastMakespan(rows))
    }
  })

  it('improves on the incumbent where only a solver can, and claims no more than it proves', async () => {
    const problem = unrelatedProblem(
      randomRows(2, { tasks: 120, machines: 8 }).map(row => row.map(time => time + 0.25)),
    )
    const incumbent = scheduleOf(
      problem,
      Int32Array.from({ length: 120 }, (_, task) => task % 8),
    )
    const plan = await planMilp(problem, solver, { timeLimitMs: 3000, incumbent, seed: 1 })
    expect(violationsOf(problem, plan.schedule)).toEqual([])
    expect(makespanOf(plan.schedule)).toBeLessThan(plan.lowerBound * 1.05)
    expect(plan.lowerBound).toBeLessThanOrEqual(makespanOf(plan.schedule))
  })

  it('returns the incumbent at a time limit of 0, and a valid plan without one', async () => {
    const problem = unrelatedProblem(randomRows(3, { tasks: 90, machines: 4 }))
    const incumbent = scheduleOf(
      problem,
      Int32Array.from({ length: 90 }, (_, task) => task % 4),
    )
    const kept = await planMilp(problem, solver, { timeLimitMs: 0, incumbent })
    expect(makespanOf(kept.schedule)).toBeLessThanOrEqual(makespanOf(incumbent))
    const made = await planMilp(problem, solver, { timeLimitMs: 0 })
    expect(violationsOf(problem, made.schedule)).toEqual([])
  })

  it('is never worse than the incumbent, and says what was wrong with the solver', async () => {
    const problem = unrelatedProblem(randomRows(6, { tasks: 90, machines: 6 }))
    const good = await planMilp(problem, solver, { timeLimitMs: 1500 })
    const plan = await planMilp(problem, broken, { timeLimitMs: 500, incumbent: good.schedule })
    expect(makespanOf(plan.schedule)).toBeLessThanOrEqual(makespanOf(good.schedule))
    if (!plan.optimal) expect(plan.trouble).toBe('out of order')
  })

  it('places whole classes of equal tasks', async () => {
    const rows = Array.from({ length: 200 }, (_, task) => (task % 2 ? [2, 3, 7] : [6, 4, 2]))
    const problem = unrelatedProblem(rows)
    const plan = await planMilp(problem, solver, { timeLimitMs: 3000 })
    expect(violationsOf(problem, plan.schedule)).toEqual([])
    expect(makespanOf(plan.schedule)).toBeLessThanOrEqual(plan.lowerBound + 1)
  })

  it('refuses what is no assignment, with the reason', async () => {
    const chain = unrelatedProblem([
      [3, 3],
      [3, 3],
    ])
    const edges = { ...chain.edges, firstEdge: Int32Array.of(0, 0, 1), from: Int32Array.of(0) }
    await expect(planMilp({ ...chain, edges }, solver, inTime)).rejects.toThrow(/depend on each/)
    await expect(planLpRounding({ ...chain, edges }, solver, inTime)).rejects.toThrow(/depend on/)
  })

  describe.skipIf(!matricesPresent)('on ../shared/data/matrices (absent: skipped)', () => {
    it('never leaves the proven interval', async () => {
      const problem = matrixProblem('512x16_u_c_lolo.0')
      const plan = await planMilp(problem, solver, { timeLimitMs: 2000, seed: 1 })
      expect(violationsOf(problem, plan.schedule)).toEqual([])
      expect(plan.lowerBound).toBeGreaterThan(5130)
      expect(makespanOf(plan.schedule)).toBeLessThan(5200)
    })
  })
})

function fullestLoad(
  solution: NonNullable<Awaited<ReturnType<typeof lpBound>>['solution']>,
  machines: number,
): number {
  const load = new Float64Array(machines)
  solution.amounts.forEach((amount, at) => {
    load[solution.columns.machine[at]] += amount * solution.columns.time[at]
  })
  return Math.max(...load)
}

describe('portfolio', () => {
  /** A few kinds of task, many of each, and times that vary much. */
  const kinds = (seed: number, shape: { kinds: number; machines: number; tasks: number }) => {
    const rows = randomRows(seed, { tasks: shape.kinds, machines: shape.machines })
    return unrelatedProblem(Array.from({ length: shape.tasks }, (_, j) => rows[j % shape.kinds]))
  }

  it.each([
    ['thousands of tasks', { kinds: 20, machines: 40, tasks: 3000 }],
    ['more pairs than any LP could take, in few kinds', { kinds: 20, machines: 90, tasks: 50_000 }],
  ])(
    'has the rounded LP among its members: %s',
    async (_, shape) => {
      const problem = kinds(5, shape)
      const { members, ...plan } = await planPortfolio(problem, {
        seed: 1,
        budget: budgetOf({ kind: 'time', ms: 3000 }),
        solver,
        proof: proveBound(problem),
      })
      const rounded = members.find(({ name }) => name === 'lp-rounding')
      expect(plan.makespan).toBeLessThanOrEqual(rounded?.makespan ?? 0)
      expect(plan.proof.by).toBe('LP duals')
    },
    60_000,
  )
})
