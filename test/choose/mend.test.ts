import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Mending } from '../../src/choose/mend.ts'
import { inHindsight, realise } from '../../src/choose/realise.ts'
import { problemFrom } from '../../src/input/problem.ts'
import { violationsOf } from '../../src/model/validator.ts'
import { heft } from '../../src/policy/planning/heft.ts'
import { minMin } from '../../src/policy/planning/min-min.ts'
import { type Balance, rebalance } from '../../src/policy/planning/repair/rebalance.ts'
import type { Planner } from '../../src/policy/planning/planner.ts'
import type { Problem } from '../../src/model/problem.ts'
import { ticksOf } from '../../src/model/horizon.ts'
import { prng } from '../../src/std/prng.ts'
import { anyProblem } from '../policy/planning/problems.ts'

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

describe('a plan mended as it goes', () => {
  test('ends sooner than the same plan followed blindly: independent tasks', () => {
    const problem = independent(80, 6)
    const schedule = planOf(minMin, problem)
    expect(meanOf(problem, { schedule, mended: 'often' })).toBeLessThan(
      0.95 * meanOf(problem, { schedule }),
    )
  })

  test('ends sooner the oftener it is mended', () => {
    const problem = independent(80, 6)
    const schedule = planOf(minMin, problem)
    const seldom = meanOf(problem, { schedule, mended: 'seldom' })
    expect(seldom).toBeLessThan(meanOf(problem, { schedule }))
    expect(meanOf(problem, { schedule, mended: 'often' })).toBeLessThan(seldom)
  })

  test('ends sooner than the same plan followed blindly: a graph with transfers', () => {
    const problem = layered(60, 4)
    const schedule = planOf(heft, problem)
    expect(meanOf(problem, { schedule, mended: 'often' })).toBeLessThan(
      0.97 * meanOf(problem, { schedule }),
    )
  })

  test('of chains about as long ends sooner where it is mended for the least mean', () => {
    const problem = chains(40, 8)
    const schedule = planOf(heft, problem)
    expect(meanOf(problem, { schedule, mended: 'often for the mean' })).toBeLessThan(
      0.97 * meanOf(problem, { schedule, mended: 'often' }),
    )
  })

  test.each([
    ['often', 4],
    ['often for the mean', 2],
  ] as const)('comes in a trial to nearly the same, with far fewer moves: %s', (mended, fewer) => {
    const problem = layered(24, 3)
    const way = { kind: 'plan', schedule: planOf(heft, problem), mended } as const
    const run = (isTrial: boolean) =>
      movesOf(() =>
        seeds.reduce(
          (sum, seed) => sum + realise(problem, way, { noise: 0.3, seed, isTrial }).makespan,
          0,
        ),
      )
    const [whole, brief] = [run(false), run(true)]
    expect(brief.moves).toBeLessThan(whole.moves / fewer)
    expect(brief.result).toBeLessThan(1.01 * whole.result)
  })

  test('goes on where machines come and go and attempts fail', () => {
    const problem = independent(40, 4)
    const schedule = planOf(minMin, problem)
    const faults = { failing: 0.1, meanTimeBetweenLosses: 20, away: 50, attempts: 9 }
    const { errorRate } = realise(
      problem,
      { kind: 'plan', schedule, mended: 'often' },
      { noise: 0.2, faults, seed: 3 },
    )
    expect(errorRate).toBe(0)
  })

  test('goes on where tasks fail for good, and those that wait for them never run', {
    timeout: 30_000,
  }, () => {
    const faults = { failing: 0.15, attempts: 1 }
    for (let seed = 1; seed <= 25; seed += 1) {
      const problem = layered(40, 3, seed)
      for (const mended of ['often', 'often for the mean', 'seldom'] as const) {
        const way = { kind: 'plan', schedule: planOf(heft, problem), mended } as const
        const run = realise(problem, way, { noise: 0.3, faults, seed })
        const placed = run.schedule.machine.filter(machine => machine >= 0)
        expect(placed.length, `seed ${seed}`).toBe(run.completions)
      }
    }
  })

  test('goes on where what ran when it was mended fails and its followers wait their turn', {
    timeout: 30_000,
  }, () => {
    const faults = { failing: 0.2, attempts: 30 }
    for (let seed = 1; seed <= 25; seed += 1) {
      const problem = layered(24, 3, seed)
      const way = { kind: 'plan', schedule: planOf(heft, problem), mended: 'seldom' } as const
      const { completions } = realise(problem, way, { noise: 0.3, faults, seed })
      expect(completions, `seed ${seed}`).toBe(problem.tasks.length)
    }
  })

  test.each([
    ['independent tasks', {}],
    ['releases', { releases: true }],
    ['precedence and transfers', { precedence: true, releases: true }],
  ])('is a valid schedule of what happened: %s', (_, features) => {
    fc.assert(
      fc.property(
        anyProblem({ ...features, maxTasks: 14 }),
        fc.integer({ min: 1, max: 99 }),
        fc.constantFrom('often' as const, 'often for the mean' as const),
        (problem, seed, mended) => {
          const conditions = { noise: 0.4, seed }
          const schedule = planOf(heft, problem)
          const run = realise(problem, { kind: 'plan', schedule, mended }, conditions)
          const happened = inTicks(inHindsight(problem, conditions), ticksOf(problem))
          expect(violationsOf(happened, run.schedule)).toEqual([])
        },
      ),
      { numRuns: 40, seed: 7 },
    )
  })

  test.each(['often', 'often for the mean'] as const)(
    'repeats exactly under the same seed: %s',
    mended => {
      const problem = layered(40, 3)
      const way = { kind: 'plan', schedule: planOf(heft, problem), mended } as const
      const conditions = { noise: 0.2, seed: 5 }
      expect(realise(problem, way, conditions)).toEqual(realise(problem, way, conditions))
    },
  )
})

describe('levelling loads', () => {
  test('moves a task where that shortens the longest machine', () => {
    expect(
      levelled(
        [0, 0, 0],
        [
          [2, 2],
          [2, 2],
          [2, 2],
        ],
      ),
    ).toEqual({ machine: [1, 0, 0], most: 4 })
  })

  test('swaps where no single move helps', () => {
    // 5 + 4 against 3 + 4: moving any task makes the other machine longest, swapping 5 and 4 does not.
    const rows = [5, 4, 3, 4].map(time => [time, time])
    expect(levelled([0, 0, 1, 1], rows).most).toBe(8)
  })

  test('never gives a task to a machine that cannot run it', () => {
    const rows = [
      [4, Infinity],
      [4, Infinity],
      [4, 1],
    ]
    expect(levelled([0, 0, 0], rows)).toEqual({ machine: [0, 0, 1], most: 8 })
  })
})

/** Each move draws by how much worse it may be, which takes a logarithm. */
function movesOf<T>(act: () => T): { readonly result: T; readonly moves: number } {
  const logarithms = vi.spyOn(Math, 'log')
  try {
    return { result: act(), moves: logarithms.mock.calls.length }
  } finally {
    logarithms.mockRestore()
  }
}

function levelled(machine: number[], rows: number[][]): { machine: number[]; most: number } {
  const machines = rows[0].length
  const load = new Float64Array(machines)
  machine.forEach((on, task) => {
    load[on] += rows[task][on]
  })
  const times = Float64Array.from(rows.flat())
  const view: Balance = { machines, times, machine: Int32Array.from(machine), load }
  rebalance(view, 100)
  return { machine: [...view.machine], most: Math.max(...load) }
}

function meanOf(problem: Problem, plan: { schedule: ReturnType<typeof planOf>; mended?: Mending }) {
  const makespans = seeds.map(
    seed => realise(problem, { kind: 'plan', ...plan }, { noise: 0.3, seed }).makespan,
  )
  return makespans.reduce((sum, makespan) => sum + makespan, 0) / seeds.length
}

/** The core counts microseconds. */
const inTicks = (problem: Problem, ticks: number): Problem => ({
  ...problem,
  times: problem.times.map(time => Math.round(time * ticks) / ticks),
})

function planOf(planner: Planner, problem: Problem) {
  const [schedule] = planner.plan(problem, { seed: 1 })
  if (!schedule) throw new Error(`${planner.name} gave no schedule`)
  return schedule
}

function independent(tasks: number, machines: number): Problem {
  const random = prng(11)
  return problemFrom(
    {
      machines: Array.from({ length: machines }, (_, at) => ({ id: `m${at}` })),
      tasks: Array.from({ length: tasks }, (_, at) => ({
        id: `t${at}`,
        times: Array.from({ length: machines }, () => 1 + Math.floor(random.next() * 100)),
      })),
    },
    { place: 'independent', name: 'independent' },
  )
}

/** Layers of eight, each task after two of the layer before. */
const layered = (tasks: number, machines: number, seed = 12): Problem =>
  layersOfEight(tasks, machines, { seed, after: [0, 3] })

/** Eight chains side by side. */
const chains = (tasks: number, machines: number): Problem =>
  layersOfEight(tasks, machines, { seed: 12, after: [0] })

function layersOfEight(
  tasks: number,
  machines: number,
  { seed, after }: { readonly seed: number; readonly after: readonly number[] },
): Problem {
  const random = prng(seed)
  const width = 8
  return problemFrom(
    {
      machines: Array.from({ length: machines }, (_, at) => ({
        id: `m${at}`,
        speed: 1 + (at % 2),
      })),
      network: { bandwidth: 1, latency: 1 },
      tasks: Array.from({ length: tasks }, (_, at) => ({
        id: `t${at}`,
        work: 1 + Math.floor(random.next() * 50),
        after: (at < width ? [] : after).map(shift => ({
          task: `t${(Math.floor(at / width) - 1) * width + ((at + shift) % width)}`,
          bytes: Math.floor(random.next() * 5),
        })),
      })),
    },
    { place: 'layered', name: 'layered' },
  )
}
