import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atOnce } from '../../../src/policy/planning/planner.ts'
import { largest, reassign, stateOf } from '../../../src/policy/planning/search/assignment.ts'
import { anneal } from '../../../src/policy/planning/search/assignment-anneal.ts'
import { coreSteps } from '../../../src/policy/planning/search/assignment-core.ts'
import { prng } from '../../../src/std/prng.ts'
import { lagrangianBound, unrelatedProblem } from '../../solver/unrelated-problem.ts'
import { problemsOf } from './problems.ts'

const core = problemsOf('independent').map(problem => ({
  problem,
  core: atOnce(coreSteps(problem, lagrangianBound(problem, 300))),
}))

describe('the core of an assignment problem', () => {
  it('has each task on its cheapest machine or in pairs that it can run', () => {
    fc.assert(
      fc.property(core, ({ problem, core }) => {
        problem.tasks.forEach((_, task) => {
          const row = task * core.machines
          expect(core.reduced[row + core.cheapest[task]]).toBe(0)
          for (let at = core.firstPair[task]; at < core.firstPair[task + 1]; at += 1) {
            expect(core.pairTask[at]).toBe(task)
            expect(core.times[row + core.pairMachine[at]]).toBeLessThan(Number.POSITIVE_INFINITY)
          }
        })
      }),
    )
  })
})

describe('the core among machines alike', () => {
  const random = prng(2)
  const rows = Array.from({ length: 150 }, () => {
    const [slow, fast] = [10 + random.int(90), 10 + random.int(90)]
    return [...Array(6).fill(slow), ...Array(6).fill(fast)] as number[]
  })
  const on = unrelatedProblem(rows)
  const core = atOnce(coreSteps(on, lagrangianBound(on, 300)))

  it('gives tasks another kind of machine, not only others of the same', () => {
    const both = rows.filter((_, task) => {
      const pairs = core.pairMachine.subarray(core.firstPair[task], core.firstPair[task + 1])
      return pairs.some(machine => machine < 6) && pairs.some(machine => machine >= 6)
    })
    expect(both.length).toBeGreaterThan(100)
  })

  it('costs the same on all machines of a kind', () => {
    rows.forEach((_, task) => {
      const costs = core.reduced.subarray(task * 12, task * 12 + 12)
      expect([new Set(costs.subarray(0, 6)).size, new Set(costs.subarray(6)).size]).toEqual([1, 1])
    })
  })
})

describe('the state of an assignment', () => {
  it('keeps loads and members true through any moves', () => {
    fc.assert(
      fc.property(core, fc.integer(), ({ core }, seed) => {
        const random = prng(seed)
        const state = stateOf(core, core.cheapest)
        for (let moves = 0; moves < 30 && core.pairTask.length > 0; moves += 1) {
          const pair = random.int(core.pairTask.length)
          const task = core.pairTask[pair]
          if (state.machine[task] === core.pairMachine[pair]) continue
          reassign(core, state, task, core.pairMachine[pair])
        }
        for (let on = 0; on < core.machines; on += 1) {
          const mine = [...state.machine.keys()].filter(task => state.machine[task] === on)
          const load = mine.reduce((sum, task) => sum + core.times[task * core.machines + on], 0)
          expect(state.load[on]).toBeCloseTo(load, 9)
          const movable = mine.filter(task => core.firstPair[task + 1] > core.firstPair[task])
          const row = state.members.subarray(on * state.rowLength, (on + 1) * state.rowLength)
          expect([...row.subarray(0, state.memberCount[on])].sort((a, b) => a - b)).toEqual(movable)
        }
      }),
    )
  })
})

describe('annealing an assignment', () => {
  it('reports the makespan that its best assignment has', () => {
    fc.assert(
      fc.property(core, fc.integer(), ({ core }, seed) => {
        if (core.pairTask.length === 0) return
        const best = { machine: core.cheapest.slice(), makespan: Number.POSITIVE_INFINITY }
        const cooling = { from: 0.1, to: 0.01, chains: 6_000 }
        const state = stateOf(core, core.cheapest)
        for (const _ of anneal(core, state, best, { cooling, random: prng(seed) }));
        if (best.makespan === Number.POSITIVE_INFINITY) return
        expect(largest(stateOf(core, best.machine).load)).toBeCloseTo(best.makespan, 9)
      }),
      { numRuns: 20 },
    )
  })
})
