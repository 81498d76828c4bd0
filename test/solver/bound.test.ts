import { describe, expect, it } from 'vitest'
import { dualBound } from '../../src/policy/bound/certified.ts'
import { exhaustive } from '../../src/policy/bound/exhaustive.ts'
import { climbFor } from '../../src/policy/bound/climb.ts'
import { prunedBound } from '../../src/policy/bound/pruned.ts'
import { unrelatedOf, whyNotUnrelated } from '../../src/policy/bound/unrelated.ts'
import { makespanOfAssignment } from '../../src/policy/planning/assignment.ts'
import {
  article,
  lagrangianBound,
  leastMakespan,
  matricesPresent,
  matrixNames,
  matrixProblem,
  randomRows,
  unrelatedProblem,
} from './unrelated-problem.ts'

const seeds = Array.from({ length: 30 }, (_, seed) => seed + 1)
const small = (seed: number) =>
  randomRows(seed, { tasks: 2 + (seed % 5), machines: 2 + (seed % 3), missing: 0.2 })

describe('the dual bound', () => {
  it('on the article is total work over total speed: 33 / 9, and never above', () => {
    const { value } = lagrangianBound(article, 2000)
    expect(value).toBeLessThanOrEqual(33 / 9)
    expect(value).toBeCloseTo(33 / 9, 5)
  })

  it('leaves out the pairs that take longer than asked, and binds what uses none of them', () => {
    const view = unrelatedOf(unrelatedProblem([[10, 4]]))
    const lambda = Float64Array.of(0.1, 0.9)
    expect(dualBound(view, lambda)).toBeCloseTo(1, 9)
    expect(dualBound(view, lambda, { longest: 5 })).toBeCloseTo(3.6, 9)
  })

  it('is below every schedule for any prices whatever', () => {
    for (const seed of seeds) {
      const rows = small(seed)
      const prices = Float64Array.from(randomRows(seed, { tasks: 1, machines: rows[0].length })[0])
      expect(dualBound(unrelatedOf(unrelatedProblem(rows)), prices)).toBeLessThanOrEqual(
        leastMakespan(rows),
      )
    }
  })

  it('takes prices of any scale, and proves nothing from prices of nothing', () => {
    const view = unrelatedOf(article)
    const prices = Float64Array.of(2, 3, 4)
    expect(dualBound(view, prices)).toBeCloseTo(33 / 9, 12)
    expect(
      dualBound(
        view,
        prices.map(price => price * 1e9),
      ),
    ).toBeCloseTo(33 / 9, 12)
    expect(dualBound(view, new Float64Array(3))).toBe(0)
  })

  it('counts every task of a class', () => {
    const view = unrelatedOf(
      unrelatedProblem([
        [2, 2],
        [3, 9],
        [2, 2],
        [2, 2],
      ]),
    )
    expect(view.classes).toBe(2)
    expect(dualBound(view, Float64Array.of(0.5, 0.5))).toBeCloseTo(4.5, 12)
  })

  it('tells tasks apart that few machines can run, however many: pair by pair it would take minutes', () => {
    const machines = 100
    const rows = Array.from({ length: 60_000 }, (_, task) => {
      const row = new Array<number>(machines).fill(Infinity)
      row[(task * 7 + 1) % machines] = 1 + (task % 30_000)
      row[(task * 11 + 3) % machines] = 2
      return row
    })
    const view = unrelatedOf(unrelatedProblem(rows))
    expect(view.classes).toBe(30_000)
    expect(view.count.every(count => count === 2)).toBe(true)
  })

  it('is rounded up only where all times are whole', () => {
    const halves = unrelatedProblem([
      [1.5, 1.5],
      [1.5, 1.5],
      [1.5, 1.5],
    ])
    const wholes = unrelatedProblem([
      [3, 3],
      [3, 3],
      [3, 3],
    ])
    expect(lagrangianBound(halves, 50).value).toBeCloseTo(2.25, 9)
    expect(lagrangianBound(wholes, 50).value).toBe(5)
  })

  it('gives the same bytes for the same number of steps', () => {
    const problem = unrelatedProblem(randomRows(5, { tasks: 60, machines: 6 }))
    expect(lagrangianBound(problem, 77)).toEqual(lagrangianBound(problem, 77))
  })

  it('is 0 for no tasks, no work and no steps', () => {
    expect(lagrangianBound(unrelatedProblem([]), 10).value).toBe(0)
    expect(lagrangianBound(unrelatedProblem([[0, 0]]), 10).value).toBe(0)
    expect(lagrangianBound(article, 0).value).toBe(0)
  })

  it('stays a bound where a machine with capacity runs tasks side by side', () => {
    const [machine] = unrelatedProblem([[1]]).machines
    const [task] = unrelatedProblem([[1]]).tasks
    const problem = unrelatedProblem([[4], [4], [4], [4]], {
      machines: [{ ...machine, capacity: { cpu: 4, memory: 100 } }],
      tasks: ['a', 'b', 'c', 'd'].map(id => ({ ...task, id, needs: { cpu: 2, memory: 10 } })),
    })
    expect(lagrangianBound(problem, 50).value).toBeCloseTo(8, 9)
  })

  describe.skipIf(!matricesPresent)('on ../shared/data/matrices (absent: skipped)', () => {
    const lpValues = [7346524.2, 5132.8, 2909326.6, 2529.0, 4063563.7, 3414.8]
    it.each(matrixNames.map((name, k) => [name, lpValues[k]] as const))(
      '%s is within 0.1 %% of the LP after 300 steps, and not above it',
      (name, lp) => {
        const { value } = lagrangianBound(matrixProblem(name), 300)
        expect(value).toBeGreaterThan(lp * 0.999)
        expect(value).toBeLessThan(lp + 0.06)
      },
    )
  })

  it('of a problem too large to climb whole is as good', () => {
    const rows = randomRows(3, { tasks: 9000, machines: 50 })
    const problem = unrelatedProblem(rows)
    const { value } = lagrangianBound(problem, 2000)
    const view = { ...unrelatedOf(problem), integral: false }
    const best = rows.reduce((sum, row) => sum + Math.min(...row), 0) / 50
    expect(value).toBeGreaterThan(best)
    expect(value).toBeLessThan(best * 1.2)
    expect(dualBound(view, lagrangianBound(problem, 2000).lambda)).toBeGreaterThan(value - 1)
  })
})

describe('the pruned bound', () => {
  it('does not let an LP split the only task', () => {
    const view = unrelatedOf(unrelatedProblem([[10, 10, 10, 10]]))
    const base = climbFor(view, 100)
    expect(base.value).toBeCloseTo(2.5, 6)
    expect(prunedBound(view, base, 100)).toEqual({ value: 10, longest: 10 })
  })

  it('is between the LP and the optimum', () => {
    for (const seed of seeds) {
      const rows = small(seed)
      const view = unrelatedOf(unrelatedProblem(rows))
      const base = climbFor(view, 300)
      const { value } = prunedBound(view, base, 300)
      expect(value).toBeGreaterThanOrEqual(base.value)
      expect(value).toBeLessThanOrEqual(leastMakespan(rows))
    }
  })
})

describe('branch and bound', () => {
  const solve = (rows: number[][], nodes = 1e6) => {
    const view = unrelatedOf(unrelatedProblem(rows))
    const lambda = climbFor(view, 100).lambda
    const incumbent = Int32Array.from(rows, row => row.findIndex(time => time < Infinity))
    const found = exhaustive(view, { nodes, lambda, incumbent })
    return { ...found, makespan: makespanOfAssignment(view, found.assignment) }
  }

  it('finds what trying everything finds', () => {
    for (const seed of seeds) {
      const rows = small(seed)
      const found = solve(rows)
      expect(found.proved).toBe(true)
      expect(found.makespan).toBe(leastMakespan(rows))
    }
  })

  it('finds it too where tasks and machines are alike', () => {
    for (const seed of seeds) {
      const [a, b] = randomRows(seed, { tasks: 2, machines: 2 })
      const twice = (row: number[]) => [row[0], row[1], row[0], row[1]]
      const rows = [a, a, a, b, b, b].map(twice)
      expect(solve(rows).makespan).toBe(leastMakespan(rows))
    }
  })

  it('of the optima takes the one with the least total time', () => {
    expect(
      solve([
        [4, 4],
        [1, 3],
        [1, 3],
      ]).assignment,
    ).toEqual(Int32Array.of(1, 0, 0))
    expect(
      solve([
        [5, 4, 3],
        [9, 9, 9],
        [4, 4, 3],
      ]).assignment,
    ).toEqual(Int32Array.of(2, 0, 2))
  })

  it('on the article proves 4, and least total time R1 R2 R3 R3 R2', () => {
    const view = unrelatedOf(article)
    const lambda = Float64Array.of(2, 3, 4)
    const incumbent = new Int32Array(5)
    const found = exhaustive(view, { nodes: 10_000, lambda, incumbent })
    expect(found).toEqual({
      assignment: Int32Array.of(0, 1, 2, 2, 1),
      proved: true,
      tieBroken: true,
    })
  })

  it('looks at no more branches where there are many machines: minutes of them, once', () => {
    // Speeds of 1 to 4, so that nothing tells the machines apart but their times.
    const speeds = Array.from({ length: 200 }, (_, machine) => 1 + (machine * 89) / 5333)
    const rows = Array.from({ length: 20 }, (_, task) => speeds.map(speed => (20 - task) / speed))
    const found = solve(rows, 300_000)
    const [fastest, ...others] = rows[0].toSorted((a, b) => a - b)
    expect(found.makespan).toBeGreaterThanOrEqual(fastest)
    expect(found.makespan).toBeLessThanOrEqual(others[20])
  })

  it('keeps the incumbent and proves nothing when the nodes run out', () => {
    const rows = randomRows(9, { tasks: 30, machines: 5 })
    const found = solve(rows, 20)
    expect(found.proved).toBe(false)
    expect(found.assignment).toEqual(new Int32Array(30))
  })
})

describe('what is more than an assignment is refused with a reason', () => {
  const one = unrelatedProblem([
    [1, 2],
    [3, 4],
  ])
  it.each([
    [
      'precedence',
      { edges: { ...one.edges, firstEdge: Int32Array.of(0, 0, 1), from: Int32Array.of(0) } },
      /depend on each other/,
    ],
    [
      'a capacity',
      { machines: [{ ...one.machines[0], capacity: { cpu: 2 } }, one.machines[1]] },
      /m0/,
    ],
    ['a release date', { tasks: [one.tasks[0], { ...one.tasks[1], release: 5 }] }, /t1/],
    ['a task no machine runs', { times: Float64Array.of(1, 2, Infinity, Infinity) }, /t1/],
  ])('%s', (_, more, reason) => {
    expect(whyNotUnrelated({ ...one, ...more })).toMatch(reason)
    expect(whyNotUnrelated(one)).toBeUndefined()
  })
})
