import { describe, expect, test, vi } from 'vitest'
import { parseMatrix } from '../../src/input/matrix.ts'
import { problemFrom } from '../../src/input/problem.ts'
import { makespanOf } from '../../src/model/schedule.ts'
import { violationsOf } from '../../src/model/validator.ts'
import { planners } from '../../src/policy/planning/registry.ts'
import type { Order } from '../../src/policy/order/order.ts'
import { allocations, orderNamed, orders } from '../../src/policy/registry.ts'
import { simulateProblem } from '../../src/sim/simulate.ts'
import { arrivingAt, poissonArrivals } from '../../src/sim/uncertainty.ts'
import { problemOf } from '../policy/gantt.ts'
import { drawProblem, type Shape } from './problems.ts'

const shapes: readonly Shape[] = [
  {},
  { edges: 60 },
  { edges: 60, capacity: true },
  { tasks: 60, edges: 40, capacity: true, releases: true },
  { edges: 60, instant: true },
]

describe('the case of the article: T = 5, 8, 6, 10, 4 on P = 2, 3, 4', () => {
  const article = problemOf([5, 8, 6, 10, 4], [2, 3, 4])
  test.each([
    ['round-robin', 7.5],
    ['mct', 5],
    ['on-demand', 4.5],
    ['met', 8.25],
  ])('%s ends at %f', (strategy, makespan) => {
    const simulation = simulateProblem(article, { strategy })
    expect(simulation.makespan).toBeCloseTo(makespan, 5)
    expect(simulation.utilisation).toBeCloseTo(33 / 9 / makespan, 5)
    expect(simulation.errorRate).toBe(0)
    expect([simulation.completions, simulation.attempts, simulation.retries]).toEqual([5, 5, 0])
  })
})

describe('without noise a simulation is what the planner of the same name computes', () => {
  test.each(['mct', 'met', 'min-load', 'round-robin', 'on-demand'])('%s', name => {
    const planner = planners.find(known => known.name === name)
    for (let seed = 1; seed <= 30; seed += 1) {
      const problem = drawProblem(seed)
      const plan = planner?.plan(problem, { seed: 1 }).next().value
      const { schedule } = simulateProblem(problem, { strategy: name })
      expect(schedule).toEqual(plan)
    }
  })
})

test('an idle machine is not kept from a task by one before it that cannot run there', () => {
  const problem = problemFrom(
    {
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: [
        { id: 't0', times: [5, null] },
        { id: 't1', times: [5, null] },
        { id: 't2', times: [5, 7] },
        { id: 't3', times: [3, null] },
        { id: 't4', times: [9, 7] },
      ],
    },
    { place: 'p.json', name: 'p' },
  )
  for (const strategy of ['on-demand', 'best-fit', 'setup-aware']) {
    const { machine, start } = simulateProblem(problem, { strategy }).schedule
    expect([strategy, ...machine]).toEqual([strategy, 0, 0, 1, 0, 1])
    expect([strategy, ...start]).toEqual([strategy, 0, 5, 0, 10, 7])
  }
})

describe('every schedule that comes out is one', () => {
  for (const { name } of allocations) {
    test(name, () => {
      for (const shape of shapes) {
        for (let seed = 1; seed <= 6; seed += 1) {
          const problem = drawProblem(seed, shape)
          const order = orders[seed % orders.length].name
          expect(
            violationsOf(
              problem,
              simulateProblem(problem, { strategy: name, order, seed }).schedule,
            ),
          ).toEqual([])
        }
      }
    })
  }
})

describe('a valid plan, followed, ends no later than it says', () => {
  const quick = planners.filter(({ name }) => !/search|milp|lp-rounding|portfolio/.test(name))
  test.each(quick.map(({ name }) => name))('%s', name => {
    for (const shape of shapes) {
      for (let seed = 1; seed <= 8; seed += 1) {
        const problem = drawProblem(seed, shape)
        const plan = quick
          .find(known => known.name === name)
          ?.plan(problem, { seed: 1 })
          .next().value
        if (plan === undefined) continue
        const { schedule, makespan } = simulateProblem(problem, { strategy: name, plan })
        expect(violationsOf(problem, schedule)).toEqual([])
        expect(makespan).toBeLessThanOrEqual(makespanOf(plan) + 1e-6)
      }
    }
  })
})

test.each([1, 1e-3, 1e-9])('a run is the plan, and the plan scaled, in units of %d', scale => {
  const rows = [
    [7, 2, 9],
    [1, 4, 3],
    [6, 6, 1],
    [2, 8, 5],
    [5, 5, 5],
  ]
  const matrix = rows.map(row => row.map(time => time * scale).join(',')).join('\n')
  const problem = parseMatrix(matrix, { place: 'x.csv', name: 'x' })
  const { makespan, schedule } = simulateProblem(problem, { strategy: 'mct' })
  expect(makespan / scale).toBeCloseTo(6, 5)
  expect([...schedule.machine]).toEqual([1, 0, 2, 0, 2])
})

test('a step of priority is worth a minute of waiting, whatever the ticks', () => {
  const tasks = [
    { id: 'first', work: 70 },
    { id: 'late', work: 1, release: 59, priority: 1 },
    { id: 'early', work: 1 },
  ]
  const run = (release: number) => {
    const [first, late, early] = tasks
    const problem = problemFrom(
      { machines: [{ id: 'm0' }], tasks: [first, { ...late, release }, early] },
      { place: 'x.json', name: 'x' },
    )
    return simulateProblem(problem, { strategy: 'on-demand', order: 'priority' }).schedule.start
  }
  expect([...run(59)]).toEqual([0, 70, 71])
  expect([...run(61)]).toEqual([0, 71, 70])
})

describe('uncertainty', () => {
  const problem = drawProblem(3, { tasks: 200 })

  test('noise stretches tasks alike under every strategy, and the same seed repeats it', () => {
    const stretched = (strategy: string, seed: number) => {
      const { schedule } = simulateProblem(problem, { strategy, noise: 0.2, seed })
      return Array.from(
        schedule.machine,
        (machine, task) =>
          (schedule.end[task] - schedule.start[task]) /
          problem.times[task * problem.machines.length + machine],
      )
    }
    const [once, other] = [stretched('mct', 1), stretched('round-robin', 1)]
    for (const [task, factor] of once.entries()) expect(factor).toBeCloseTo(other[task], 4)
    expect(stretched('mct', 1)).toEqual(once)
    expect(stretched('mct', 2)).not.toEqual(once)
    const mean = once.reduce((sum, factor) => sum + factor, 0) / once.length
    expect(Math.abs(mean - 1)).toBeLessThan(0.06)
  })

  test('nothing starts before it arrives', () => {
    const arrivals = poissonArrivals(200, 3, 1)
    const { schedule, meanFlowTime } = simulateProblem(arrivingAt(problem, arrivals), {
      strategy: 'mct',
    })
    for (const [task, at] of arrivals.entries()) {
      expect(schedule.start[task]).toBeGreaterThanOrEqual(at - 1e-6)
    }
    expect(meanFlowTime).toBeLessThan(simulateProblem(problem, { strategy: 'mct' }).meanFlowTime)
  })

  test('machines that are lost before anything can end are told, not waited for', () => {
    const faults = { meanTimeBetweenLosses: 1e-3 }
    expect(() => simulateProblem(problem, { strategy: 'mct', faults })).toThrow(
      /losses=0.001: machines are lost so often/,
    )
  })

  test('failed tasks are tried again, and what fails for good is counted', () => {
    const simulation = simulateProblem(problem, {
      strategy: 'mct',
      faults: { failing: 0.5, attempts: 2 },
    })
    expect(simulation.retries).toBeGreaterThan(50)
    expect(simulation.errorRate).toBeGreaterThan(0.1)
    expect(simulation.errorRate).toBeLessThan(0.4)
    expect(simulation.completions).toBe(200 - 200 * simulation.errorRate)
  })

  test('lost machines cost time, not tasks, under every strategy and under a plan', () => {
    const faults = { meanTimeBetweenLosses: 50, away: 20 }
    const tangled = drawProblem(4, { tasks: 60, edges: 80 })
    const plan =
      planners
        .find(({ name }) => name === 'heft')
        ?.plan(tangled, { seed: 1 })
        .next().value ?? undefined
    for (const strategy of [...allocations.map(({ name }) => name), 'heft']) {
      const simulation = simulateProblem(tangled, {
        strategy,
        faults,
        noise: 0.3,
        ...(strategy === 'heft' ? { plan } : {}),
      })
      expect(simulation.completions).toBe(60)
    }
  })
})

describe('measures', () => {
  const [a, b, c] = [{ due: 3 }, { due: 3 }, { due: 20 }]
  const problem = problemOf([2, 4, 6], [1], [a, b, c])
  test('flow time, its tail and tardiness are of each task’s end', () => {
    const simulation = simulateProblem(problem, { strategy: 'on-demand' })
    expect(simulation.meanFlowTime).toBe((2 + 6 + 12) / 3)
    expect(simulation.p95FlowTime).toBe(12)
    expect(simulation.meanTardiness).toBe(3 / 3)
    expect(simulation.utilisation).toBe(1)
  })

  test('a machine with capacity is used by its fullest resource, or while it runs what needs nothing', () => {
    const shared = (...tasks: readonly object[]) =>
      problemFrom(
        {
          machines: [{ id: 'm0', capacity: { cpu: 2, gpu: 1 } }],
          tasks: tasks.map((task, at) => ({ id: `t${at}`, ...task })),
        },
        { place: 'shared.json', name: 'shared' },
      )
    const used = (...tasks: readonly object[]) =>
      simulateProblem(shared(...tasks), { strategy: 'mct' }).utilisation
    const half = { work: 8, needs: { cpu: 1 } }
    expect(used(half)).toBeCloseTo(0.5, 9)
    expect(used(half, half, { work: 2, needs: { gpu: 1 } })).toBeCloseTo(1, 9)
    expect(used({ work: 6 }, { work: 3 })).toBeCloseTo(1, 9)
    expect(used(half, { work: 6 }, { work: 2 })).toBeCloseTo(0.75, 9)
    expect(used(half, { work: 2 }, { work: 2, release: 6 })).toBeCloseTo(0.5, 9)
  })

  test('utilisation weighs a machine by its speed: being busy on a slow one earns less', () => {
    const lopsided = problemOf([4], [1, 4])
    expect(simulateProblem(lopsided, { strategy: 'on-demand' }).utilisation).toBeCloseTo(1 / 5, 9)
    expect(simulateProblem(lopsided, { strategy: 'mct' }).utilisation).toBeCloseTo(4 / 5, 9)
  })
})

test('Graham’s anomaly is real: nine tasks take longer on four machines than on three', () => {
  const works = [3, 2, 2, 2, 4, 4, 4, 4, 9]
  const before: readonly (readonly number[])[] = [[], [], [], [], [3], [3], [3], [3], [0]]
  const firstEdge = new Int32Array(10)
  before.forEach((predecessors, task) => {
    firstEdge[task + 1] = firstEdge[task] + predecessors.length
  })
  const from = Int32Array.from(before.flat())
  const edges = {
    firstEdge,
    from,
    bytes: new Float64Array(from.length),
    time: new Float64Array(from.length),
  }
  const makespan = (machines: number): number => {
    const problem = { ...problemOf(works, new Array(machines).fill(1)), edges }
    return simulateProblem(problem, { strategy: 'on-demand', order: 'fifo' }).makespan
  }
  expect([makespan(3), makespan(4)]).toEqual([12, 15])
})

test('of many kinds of needs not each that must wait is looked for among all of them', () => {
  const urgency = vi.spyOn(orderNamed('hrrn') as Required<Order>, 'urgency')
  const kinds = 200
  const tasks = Array.from({ length: kinds }, (_, at) => ({
    ...{ id: `t${at}`, work: 1 + (at % 7) },
    needs: { cpu: 1, memory: 40 + at / kinds },
  }))
  const machines = [0, 1, 2].map(at => ({ id: `m${at}`, capacity: { cpu: 4, memory: 64 } }))
  const problem = problemFrom({ machines, tasks }, { place: 'kinds', name: 'kinds' })
  const { completions } = simulateProblem(problem, { strategy: 'best-fit', order: 'hrrn' })
  const looks = urgency.mock.calls.length
  urgency.mockRestore()
  expect(completions).toBe(kinds)
  // Once for the first, once for what stands behind it, two tasks at a look: for each that starts.
  expect(looks).toBeLessThan(4 * kinds * kinds)
})

test('the same tasks fail for good under every strategy, so that makespans under faults compare', () => {
  const faults = { failing: 0.45, attempts: 2, meanTimeBetweenLosses: 40, away: 8 }
  const failed = new Set<number>()
  for (const shape of shapes)
    for (let seed = 1; seed <= 8; seed += 1) {
      const problem = drawProblem(seed, shape)
      const endedUnder = (strategy: string) => {
        const { schedule } = simulateProblem(problem, { strategy, noise: 0.3, seed, faults })
        return schedule.machine.map(machine => Number(machine >= 0))
      }
      const ended = endedUnder('mct')
      failed.add(ended.filter(one => one === 0).length)
      for (const strategy of ['on-demand', 'met', 'round-robin', 'best-fit'])
        expect(endedUnder(strategy), `${JSON.stringify(shape)}, seed ${seed}`).toEqual(ended)
    }
  expect(failed.size).toBeGreaterThan(5)
})
