import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../src/model/problem.ts'
import { makespanOf, type Schedule } from '../../../src/model/schedule.ts'
import { violationsOf } from '../../../src/model/validator.ts'
import { settleGraph } from '../../../src/policy/bound/graph/settle.ts'
import { met } from '../../../src/policy/planning/met.ts'
import { bruteForceOptimum } from '../planning/brute-force.ts'
import { anyProblem, problem } from '../planning/problems.ts'

/** From a poor schedule: everything where it runs fastest. */
function settled(on: Problem, steps = Number.POSITIVE_INFINITY) {
  const [incumbent] = met.plan(on, { seed: 1 })
  if (!incumbent) throw new Error('met gave no schedule')
  const found: Schedule[] = [incumbent]
  const settling = settleGraph(on, { incumbent })
  for (let step = 0; step < steps; step += 1) {
    const next = settling.next()
    if (next.done) return { found, optimal: next.value }
    if (next.value) found.push(next.value)
  }
  return { found, optimal: false }
}

const chains = (lengths: readonly (readonly number[])[]) =>
  lengths.flatMap((works, chain) =>
    works.map((work, at) => ({
      id: `c${chain}-${at}`,
      work,
      ...(at > 0 && { after: [`c${chain}-${at - 1}`] }),
    })),
  )

describe('settling a graph', () => {
  it.each([
    { precedence: true },
    { precedence: true, releases: true },
    { precedence: true, identical: true },
    { precedence: true, identical: true, releases: true },
    { precedence: true, releases: true, moves: false },
    { precedence: true, identical: true, moves: false },
    { precedence: true, identical: true, releases: true, moves: false },
  ])('ends at the least makespan of small problems, with %j', ({ moves, ...features }) => {
    fc.assert(
      fc.property(anyProblem({ ...features, maxTasks: 5 }), any => {
        const on = moves === false ? withoutMoves(any) : any
        const { found, optimal } = settled(on)
        for (const schedule of found) expect(violationsOf(on, schedule)).toEqual([])
        const last = makespanOf(found[found.length - 1])
        expect(optimal).toBe(true)
        expect(last).toBeLessThanOrEqual(bruteForceOptimum(on) * (1 + 1e-11))
      }),
      { numRuns: 60 },
    )
  })

  it('finds what list scheduling misses, and proves it', () => {
    // The path of 9 has to begin at once, beside nothing that lasts.
    const on = problem({
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: chains([[1, 1, 1, 1, 1, 4], [3, 3], [3]]),
    })
    const { found, optimal } = settled(on)
    expect(optimal).toBe(true)
    expect(makespanOf(found[found.length - 1])).toBe(9)
  })

  it('gives better schedules one after another, each better than the one before', () => {
    const on = problem({
      machines: [{ id: 'm0' }, { id: 'm1', speed: 0.5 }, { id: 'm2', speed: 0.5 }],
      tasks: chains([
        [3, 5],
        [4, 4],
        [7, 2],
        [1, 6],
      ]),
    })
    const makespans = settled(on).found.map(makespanOf)
    expect(makespans.length).toBeGreaterThan(1)
    expect(makespans).toEqual([...new Set(makespans)].sort((a, b) => b - a))
  })

  it('takes over what others found meanwhile', () => {
    const on = problem({ machines: [{ id: 'm0' }, { id: 'm1' }], tasks: chains([[2, 2], [4]]) })
    const [poor] = met.plan(on, { seed: 1 })
    const machine = Int32Array.of(0, 0, 1)
    const good = { machine, start: Float64Array.of(0, 2, 0), end: Float64Array.of(2, 4, 4) }
    const settling = settleGraph(on, { incumbent: poor as Schedule, offered: () => good })
    const steps = [...settling].filter(step => step !== undefined)
    expect(makespanOf(steps[steps.length - 1] as Schedule)).toBe(4)
  })

  it('says nothing of machines that run several tasks at once', () => {
    const on = problem({
      machines: [{ id: 'm0', capacity: { cpu: 2 } }],
      tasks: [{ id: 'a', work: 1, needs: { cpu: 1 } }],
    })
    expect(settled(on)).toMatchObject({ optimal: false, found: [{}] })
  })
})

function withoutMoves(on: Problem): Problem {
  const { edges } = on
  return {
    ...on,
    network: undefined,
    edges: { ...edges, bytes: edges.bytes.map(() => 0), time: edges.time.map(() => 0) },
  }
}
