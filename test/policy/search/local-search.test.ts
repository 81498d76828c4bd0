import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadProblem } from '../../../src/input/load-problem.ts'
import { problemFrom } from '../../../src/input/problem.ts'
import type { Problem } from '../../../src/model/problem.ts'
import { makespanOf, type Schedule } from '../../../src/model/schedule.ts'
import { violationsOf } from '../../../src/model/validator.ts'
import { heft } from '../../../src/policy/planning/heft.ts'
import { localSearch } from '../../../src/policy/planning/local-search.ts'
import { minMin } from '../../../src/policy/planning/min-min.ts'
import type { Planner, PlanOptions } from '../../../src/policy/planning/planner.ts'
import { prng } from '../../../src/std/prng.ts'
import { lagrangianBound, unrelatedProblem } from '../../solver/unrelated-problem.ts'
import { bruteForceOptimum } from '../planning/brute-force.ts'
import { problemsOf } from './problems.ts'

const textbook = '../shared/data/problems/textbook'

describe('local-search', () => {
  it.each(['independent', 'graph', 'capacity'] as const)(
    'gives valid schedules only, each better than the one before: %s',
    shape => {
      fc.assert(
        fc.property(problemsOf(shape), fc.integer(), (problem, seed) => {
          const found = improvements(localSearch, problem, { seed }, 12)
          expect(found.length).toBeGreaterThan(0)
          for (const schedule of found) expect(violationsOf(problem, schedule)).toEqual([])
          const lengths = found.map(makespanOf)
          expect(lengths).toEqual([...new Set(lengths)].sort((a, b) => b - a))
        }),
        { numRuns: 40 },
      )
    },
  )

  it.each(['independent', 'graph', 'capacity'] as const)(
    'repeats itself byte for byte with the same seed and steps: %s',
    shape => {
      fc.assert(
        fc.property(problemsOf(shape), fc.integer(), (problem, seed) => {
          const runs = [0, 1].map(() => improvements(localSearch, problem, { seed }, 10))
          expect(runs[0]).toEqual(runs[1])
        }),
        { numRuns: 10 },
      )
    },
  )

  it('begins with a fill at prices where each task has machines of its own', () => {
    const draw = prng(3)
    const rows = Array.from({ length: 300 }, () => {
      const task = 1 + draw.int(3000)
      return Array.from({ length: 20 }, () => task * (1 + draw.int(1000)))
    })
    const on = unrelatedProblem(rows)
    const atFirst = lengthAfter(localSearch, on, { seed: 1 }, 3)
    expect(atFirst).toBeLessThan(1.1 * lagrangianBound(on, 300).value)
    expect(atFirst).toBeLessThan(0.95 * lengthAfter(minMin, on, { seed: 1 }, 1))
  })

  it.each(['graph', 'capacity'] as const)('is never worse than heft or min-min: %s', shape => {
    fc.assert(
      fc.property(problemsOf(shape), problem => {
        const found = lengthAfter(localSearch, problem, { seed: 1 }, 16)
        for (const planner of [heft, minMin]) {
          expect(found).toBeLessThanOrEqual(lengthAfter(planner, problem, { seed: 1 }, 1))
        }
      }),
      { numRuns: 30 },
    )
  })

  it.each(['independent', 'graph', 'capacity'] as const)(
    'never falls behind the incumbent: %s',
    shape => {
      fc.assert(
        fc.property(problemsOf(shape), problem => {
          const incumbent = improvements(localSearch, problem, { seed: 1 }, 30).at(-1) as Schedule
          const again = lengthAfter(localSearch, problem, { seed: 2, incumbent }, 2)
          expect(again).toBeLessThanOrEqual(makespanOf(incumbent))
        }),
        { numRuns: 10 },
      )
    },
  )

  it.each(['independent', 'graph', 'capacity'] as const)(
    'finds the optimum of tiny problems: %s',
    shape => {
      fc.assert(
        fc.property(problemsOf(shape, { tasks: 5, machines: 3 }), problem => {
          const optimum = bruteForceOptimum(problem)
          const found = lengthAfter(localSearch, problem, { seed: 1, lowerBound: optimum }, 400)
          expect(found).toBe(optimum)
        }),
        { numRuns: 60 },
      )
    },
  )

  it('keeps together what would wait for data, where machines run several tasks at once', () => {
    // On m0 `a` is done first, and then 60 are paid; beside `b` it ends at 8, and `c` at 10.
    const problem = problemFrom(
      {
        machines: ['m0', 'm1'].map(id => ({ id, capacity: { cpu: 2 } })),
        tasks: [
          { id: 'a', times: [4, 5], needs: { cpu: 1 } },
          { id: 'b', times: [null, 3], needs: { cpu: 2 } },
          {
            id: 'c',
            work: 2,
            after: ['a', 'b'].map(task => ({ task, time: 60 })),
            needs: { cpu: 1 },
          },
        ],
      },
      { place: 'test', name: 'test' },
    )
    expect(lengthAfter(localSearch, problem, { seed: 1 }, 60)).toBe(10)
  })

  it('stops at a lower bound it reaches', () => {
    const problem = fc.sample(problemsOf('graph'), { numRuns: 1, seed: 5 })[0]
    const least = lengthAfter(localSearch, problem, { seed: 1 }, 200)
    const steps = [...localSearch.plan(problem, { seed: 1, lowerBound: least })]
    expect(makespanOf(steps.findLast(step => step !== undefined) as Schedule)).toBe(least)
  })

  it('yields a schedule of nothing for no tasks, and ends', () => {
    const empty: Problem = {
      name: 'empty',
      unit: 's',
      machines: [{ id: 'm0', speed: 1, capacity: undefined, cost: 0 }],
      tasks: [],
      times: new Float64Array(0),
      edges: {
        firstEdge: new Int32Array(1),
        from: new Int32Array(0),
        bytes: new Float64Array(0),
        time: new Float64Array(0),
      },
      network: undefined,
    }
    const found = improvements(localSearch, empty, { seed: 1 }, 1000)
    expect(found.map(makespanOf)).toEqual([0])
  })
})

describe.skipIf(!existsSync(textbook))('local-search on the examples of the papers', () => {
  it.each([
    ['topcuoglu2002-fig2', 73],
    ['arabnejad2014-fig2', 113],
  ])('finds the optimum of %s', (name, optimum) => {
    const problem = loadProblem(`${textbook}/${name}.json.gz`)
    expect(lengthAfter(localSearch, problem, { seed: 1, lowerBound: optimum }, 300)).toBe(optimum)
  })
})

function improvements(
  planner: Planner,
  problem: Problem,
  options: PlanOptions,
  steps: number,
): Schedule[] {
  const found: Schedule[] = []
  let step = 0
  for (const schedule of planner.plan(problem, options)) {
    if (schedule) found.push(schedule)
    step += 1
    if (step >= steps) break
  }
  return found
}

const lengthAfter = (planner: Planner, problem: Problem, options: PlanOptions, steps: number) =>
  makespanOf(improvements(planner, problem, options, steps).at(-1) as Schedule)
