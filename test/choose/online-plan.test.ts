import { describe, expect, test } from 'vitest'
import { compareStrategies } from '../../src/choose/compare.ts'
import { planOnline } from '../../src/choose/online-plan.ts'
import { planProblem } from '../../src/choose/plan-problem.ts'
import { prepare, runPrepared } from '../../src/choose/run-strategy.ts'
import { strategies, strategyNamed } from '../../src/choose/strategies.ts'
import { problemFrom } from '../../src/input/problem.ts'
import { makespanOf } from '../../src/model/schedule.ts'
import { allocations } from '../../src/policy/registry.ts'
import { measureSchedule } from '../../src/sim/measures.ts'
import { simulateProblem } from '../../src/sim/simulate.ts'
import { prng } from '../../src/std/prng.ts'
import { drawProblem } from '../sim/problems.ts'

const online = allocations.map(({ name }) => name).filter(name => name !== 'planned')
const shapes = [{}, { releases: true }, { edges: 40 }, { edges: 20, capacity: true }] as const
const spending = { kind: 'steps', steps: 10 } as const

describe('without noise a plan of an online strategy is what the run would do', () => {
  test.each(online)('%s', async name => {
    const strategy = strategies.find(known => known.name === name)
    if (strategy === undefined) throw new Error(`${name} is no strategy`)
    for (const shape of shapes) {
      for (let seed = 1; seed <= 6; seed += 1) {
        const problem = drawProblem(seed, shape)
        const { schedule } = await planProblem(problem, { strategy, seed, spending })
        const run = simulateProblem(problem, { strategy: name, seed })
        const said = `${JSON.stringify(shape)}, seed ${seed}`
        expect([...schedule.machine], said).toEqual([...run.schedule.machine])
        expect(makespanOf(schedule), said).toBeCloseTo(run.makespan, 3)
      }
    }
  })
})

test('a comparison without noise measures the plans themselves', async () => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const problem = drawProblem(seed, { capacity: true })
    const options = { objective: 'makespan', seed, seeds: 1, noise: 0, spending } as const
    const some = strategies.filter(({ name }) => ['met', 'heft', 'cheapest'].includes(name))
    const { rows } = await compareStrategies(problem, { ...options, strategies: some })
    for (const row of rows) expect(row).toMatchObject(measureSchedule(problem, row.schedule))
  }
})

test('a need of nothing leaves a machine as busy as it is, though it offers none', () => {
  const problem = problemFrom(
    {
      machines: [{ id: 'm0', capacity: { cpu: 2 } }],
      tasks: [{ id: 'a', work: 3, needs: { cpu: 1, gpu: 0 } }],
    },
    { place: 'test', name: 'test' },
  )
  const schedule = planOnline(problem, 'mct', 1)
  expect(measureSchedule(problem, schedule).utilisation).toBe(0.5)
})

describe('what dray simulate prints without noise is what dray plan prints, to the last digit', () => {
  const planned = ['mct', 'round-robin', 'on-demand', 'best-fit', 'heft', 'cpop', 'local-search']
  test.each(planned)('%s', async name => {
    const strategy = strategies.find(known => known.name === name)
    if (strategy === undefined) throw new Error(`${name} is no strategy`)
    for (const shape of shapes) {
      for (let seed = 1; seed <= 4; seed += 1) {
        const drawn = drawProblem(seed, shape)
        // Times that are no whole ticks.
        const problem = { ...drawn, times: drawn.times.map(time => time / 7) }
        const { schedule } = await planProblem(problem, { strategy, seed, spending })
        const conditions = { noise: 0, seed }
        const options = { ...conditions, strategy, spending, objective: 'makespan' } as const
        const run = runPrepared(problem, await prepare(problem, options), conditions)
        expect(run.schedule, `${JSON.stringify(shape)}, seed ${seed}`).toEqual(schedule)
        expect(run.makespan).toBe(makespanOf(schedule))
      }
    }
  })
})

test('on-demand takes a machine that is at work, be it for no time, for one that is not free', async () => {
  const strategy = strategyNamed('on-demand')
  if (strategy === undefined) throw new Error('on-demand is no strategy')
  const problem = problemFrom(
    {
      machines: [{ id: 'm0' }, { id: 'm1' }, { id: 'm2' }],
      tasks: [
        { id: 'nothing', times: [0, 0, 0] },
        { id: 'a', times: [3, 2, 4] },
        { id: 'b', times: [3, 3, 2] },
      ],
    },
    { place: 'test', name: 'test' },
  )
  const { schedule } = await planProblem(problem, { strategy, seed: 1, spending })
  expect([...schedule.machine]).toEqual([0, 1, 2])
  expect([...simulateProblem(problem, { strategy: 'on-demand' }).schedule.machine]).toEqual([
    0, 1, 2,
  ])
})

test('in an order portfolio promises no more than a run that follows its plan keeps', async () => {
  const problem = problemFrom(
    {
      machines: [{ id: 'm0', capacity: { cpu: 2 } }],
      // A rule without a plan lets `late` pass `wide`, which does not fit beside `early`; a plan keeps its turns.
      tasks: [
        { id: 'early', work: 10, needs: { cpu: 1 } },
        { id: 'wide', work: 10, needs: { cpu: 2 } },
        { id: 'late', work: 10, needs: { cpu: 1 } },
      ],
    },
    { place: 'test', name: 'test' },
  )
  const makespans: Record<string, readonly number[]> = {}
  for (const name of ['portfolio', 'auto']) {
    const strategy = strategyNamed(name)
    if (strategy === undefined) throw new Error(`${name} is no strategy`)
    const shared = { strategy, seed: 1, spending, order: 'fifo', objective: 'makespan' } as const
    const plan = await planProblem(problem, shared)
    const conditions = { noise: 0, seed: 1 }
    const prepared = await prepare(problem, { ...shared, ...conditions })
    const run = runPrepared(problem, prepared, conditions)
    makespans[name] = [plan.makespan, run.makespan]
  }
  expect(makespans).toEqual({ portfolio: [30, 30], auto: [20, 20] })
})

test('ends that are one instant to a run are one to a plan, however tenths add up', async () => {
  const draw = prng(7)
  const machines = Array.from({ length: 64 }, (_, at) => ({ id: `m${at}` }))
  const time = () => (draw.int(8) === 0 ? null : (draw.int(3) + 1) / 10)
  const tasks = Array.from({ length: 8_000 }, (_, at) => ({
    id: `t${at}`,
    times: [0.3, ...machines.slice(1).map(time)],
  }))
  const problem = problemFrom({ machines, tasks }, { place: 'test', name: 'tenths' })
  for (const name of ['mct', 'min-load', 'on-demand', 'round-robin', 'met']) {
    const strategy = strategies.find(known => known.name === name)
    if (strategy === undefined) throw new Error(`${name} is no strategy`)
    const { schedule } = await planProblem(problem, { strategy, seed: 1, spending })
    const run = simulateProblem(problem, { strategy: name })
    expect([...schedule.machine], name).toEqual([...run.schedule.machine])
  }
})
