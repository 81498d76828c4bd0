import { describe, expect, test } from 'vitest'
import { forecastPlan } from '../../src/choose/forecast-plan.ts'
import { type JobProblem, jobProblem, uncertaintyOf } from '../../src/choose/job-problem.ts'
import { planProblem } from '../../src/choose/plan-problem.ts'
import { strategyNamed } from '../../src/choose/strategies.ts'
import { parseJob } from '../../src/input/parse-job.ts'
import { limits } from '../../src/core/limits.ts'
import type { Hindsight } from '../../src/policy/estimation/hindsight.ts'
import {
  decodeEstimate,
  emptyEstimate,
  encodeEstimate,
  faded,
  observe,
} from '../../src/policy/estimation/least-squares.ts'

const job = parseJob(
  {
    name: 'two',
    input: { range: { from: 0, to: 3 } },
    due: '1s',
    stages: [
      { name: 'a', map: './a.mjs' },
      { name: 'b', map: './b.mjs', after: 'a' },
    ],
  },
  { file: '/two.json', folder: '/' },
)
const machine = { id: 'm0', speed: 2, slots: 1, capacity: { cpu: 1 }, cost: 0 }

function learnt(micros: number, handover?: number) {
  const [pooled, between] = [emptyEstimate(), emptyEstimate()]
  for (let n = 0; n < 10; n += 1) observe(pooled, 1, micros, 0)
  // Answers come two at a time.
  if (handover !== undefined) observe(between, 2, 2 * handover, 0)
  return { pooled, machines: new Map(), ...(handover !== undefined && { handover: between }) }
}

const given = {
  machines: [machine],
  sizes: [1, 1, 1],
  estimates: new Map([
    ['a', learnt(100_000, 7_000)],
    ['b', learnt(20_000)],
  ]),
}

test('a task takes its item’s time at the machine’s speed, and what passes between two items', () => {
  const { problem } = jobProblem(job, given)
  expect([...problem.times]).toEqual([0.057, 0.057, 0.057, 0.01, 0.01, 0.01])
})

test('an item is due by its last stage, and every stage knows when', () => {
  const { problem } = jobProblem(job, given)
  expect(problem.tasks.map(({ due, passesOn }) => [due, passesOn])).toEqual([
    ...Array.from({ length: 3 }, () => [1, true]),
    ...Array.from({ length: 3 }, () => [1, undefined]),
  ])
})

test('what takes one result follows the item it is of, what gathers follows all', async () => {
  const file = { file: '/three.json', folder: '/' }
  const { stages, ...rest } = {
    stages: ['a', 'b'],
    name: 'three',
    input: { range: { from: 0, to: 3 } },
  }
  const maps = stages.map(name => ({ name, map: `./${name}.mjs` }))
  const sum = { name: 'sum', reduce: './sum.mjs', after: 'b' }
  const three = parseJob({ ...rest, stages: [...maps, sum] }, file)
  const estimates = new Map([...given.estimates, ['sum', learnt(50_000)]])
  const machines = [{ ...machine, slots: 4, capacity: { cpu: 4 } }]
  const { problem } = jobProblem(three, { ...given, machines, estimates })
  const strategy = strategyNamed('mct') ?? expect.fail()
  const spending = { kind: 'steps', steps: 1 } as const
  const { schedule } = await planProblem(problem, { strategy, seed: 1, spending })
  const { start, end } = schedule
  for (const nth of [0, 1, 2]) expect(start[3 + nth]).toBeGreaterThanOrEqual(end[nth])
  expect(start[6]).toBeGreaterThanOrEqual(Math.max(...end.subarray(3, 6)))
})

describe('stages that gather', () => {
  const gathers = (...stages: object[]) =>
    parseJob(
      {
        ...{ name: 'gathers', input: { range: { from: 0, to: 10 } } },
        stages: [{ name: 'a', map: './a.mjs' }, ...stages],
      },
      { file: '/gathers.json', folder: '/' },
    )
  const sizes = Array<number>(10).fill(1)
  const edgesOf = ({ problem: { edges, tasks } }: JobProblem) =>
    tasks.map(({ id }, task) => [
      id,
      [...edges.from.slice(edges.firstEdge[task], edges.firstEdge[task + 1])].map(
        at => tasks[at].id,
      ),
    ])

  test('by a field have as many items as groups in the last run, each after all; unknown, one is planned', () => {
    const job = gathers(
      { name: 'sums', reduce: './s.mjs', by: 'kind' },
      { name: 'post', map: './p.mjs' },
    )
    const known = jobProblem(job, { ...given, sizes, groups: new Map([['sums', 3]]) })
    expect(known.stages.map(({ items }) => items)).toEqual([10, 3, 3])
    const all = Array.from({ length: 10 }, (_, at) => `a ${at}`)
    expect(edgesOf(known).slice(10)).toEqual([
      ...[0, 1, 2].map(nth => [`sums ${nth}`, all]),
      ...[0, 1, 2].map(nth => [`post ${nth}`, [`sums ${nth}`]]),
    ])
    const unknown = jobProblem(job, { ...given, sizes })
    expect(unknown.stages.map(({ items }) => items)).toEqual([10, undefined, undefined])
    expect(unknown.problem.tasks).toHaveLength(12)
  })

  test('by a field with many groups are planned in few tasks a slot', () => {
    const job = gathers({ name: 'sums', reduce: './s.mjs', by: 'kind' })
    const groups = new Map([['sums', 5_000]])
    const { problem } = jobProblem(job, { ...given, sizes, groups })
    expect(problem.tasks).toHaveLength(10 + 8)
  })

  test('in a tree have its nodes, level by level, and what follows waits for its top', () => {
    const tree = { name: 'sum', reduce: './s.mjs', gather: { tree: 4 } }
    const job = gathers(tree, { name: 'post', map: './p.mjs' })
    const planned = jobProblem(job, { ...given, sizes })
    expect(planned.stages.map(({ items }) => items)).toEqual([10, 4, 1])
    expect(edgesOf(planned).slice(10)).toEqual([
      ['sum 0', ['a 0', 'a 1', 'a 2', 'a 3']],
      ['sum 1', ['a 4', 'a 5', 'a 6', 'a 7']],
      ['sum 2', ['a 8', 'a 9']],
      ['sum~2 0', ['sum 0', 'sum 1', 'sum 2']],
      ['post 0', ['sum~2 0']],
    ])
  })

  test('in a tree over many items follow the tasks in which these are planned', () => {
    const job = gathers({ name: 'sum', reduce: './s.mjs', gather: { tree: 2 } })
    const many = { ...given, sizes: Array<number>(6_000).fill(1) }
    const planned = jobProblem(job, many)
    expect(planned).toMatchObject({ perTask: 4, stages: [{ items: 6_000 }, { items: 6_002 }] })
    const edges = new Map(edgesOf(planned) as [string, string[]][])
    expect(edges.get('sum 1')).toEqual(['a 2', 'a 3'])
    expect(edges.get('sum~2 0')).toEqual(['sum 0', 'sum 1'])
  })
})

test('a forecast begins with what slots take to load', async () => {
  const { problem } = jobProblem(job, given)
  const strategy = strategyNamed('mct') ?? expect.fail()
  const spending = { kind: 'steps', steps: 1 } as const
  const asked = { strategy, seed: 1, spending, objective: 'makespan' } as const
  const { schedule } = await planProblem(problem, asked)
  const luck = { noise: 0.1, common: 0.1, seed: 1 }
  const at = forecastPlan(problem, schedule, { ...luck, loading: 0 })
  const later = forecastPlan(problem, schedule, { ...luck, loading: 2 })
  expect(later.low - at.low).toBeCloseTo(2, 9)
  expect(later.middle - at.middle).toBeCloseTo(2, 9)
  expect(later.high - at.high).toBeCloseTo(2, 9)
})

test('a forecast is narrower where earlier runs of the job ended as foretold, and later where they ended later', async () => {
  const { problem } = jobProblem(job, given)
  const strategy = strategyNamed('mct') ?? expect.fail()
  const spending = { kind: 'steps', steps: 1 } as const
  const { schedule } = await planProblem(problem, { strategy, seed: 1, spending })
  const luck = { noise: 0.1, common: 0.1, seed: 1, loading: 0 }
  const ended = (place: number): Hindsight =>
    Array.from({ length: 5 }, () => [6, 6 * place, 6 * place ** 2]).flat()
  const plain = forecastPlan(problem, schedule, luck)
  const looking = forecastPlan(problem, schedule, { ...luck, hindsight: ended(0) })
  expect(looking.middle).toBeCloseTo(plain.middle, 9)
  expect(looking.high - looking.low).toBeLessThan(0.8 * (plain.high - plain.low))
  const late = forecastPlan(problem, schedule, { ...luck, hindsight: ended(1) })
  expect(late.middle).toBeGreaterThan(plain.middle)
  expect(late.middle).toBeLessThan(plain.high)
})

test('of one item seen a forecast has a wide range, of many that agree a narrow one, unless they were of other code', () => {
  const rangeAfter = (seen: number, most = seen) => {
    const all = emptyEstimate()
    for (let n = 0; n < seen; n += 1) observe(all, 1, 100_000, n === 0 ? 0 : 100_000)
    const own = decodeEstimate(faded(encodeEstimate(all), most))
    const estimates = new Map([['a', { pooled: own, machines: new Map([['m0', own]]) }]])
    const lone = { ...job, stages: job.stages.slice(0, 1) }
    const { problem } = jobProblem(lone, { ...given, estimates })
    const [start, end] = [
      [0, 0.05, 0.1],
      [0.05, 0.1, 0.15],
    ].map(at => Float64Array.from(at))
    const schedule = { machine: Int32Array.from([0, 0, 0]), start, end }
    const luck = uncertaintyOf(estimates, new Map([['a', 3]]))
    const told = forecastPlan(problem, schedule, { ...luck, seed: 1, loading: 0 })
    return [told.low / told.middle, told.high / told.middle]
  }
  const [low, high] = rangeAfter(1)
  expect(low).toBeGreaterThan(0.3)
  expect(low).toBeLessThan(0.7)
  expect(high).toBeGreaterThan(1.8)
  const [lowest, highest] = rangeAfter(60)
  expect(lowest).toBeGreaterThan(0.8)
  expect(highest).toBeLessThan(1.2)
  const [lower, higher] = rangeAfter(60, limits.doubted)
  expect(lower).toBeLessThan(0.7)
  expect(higher).toBeGreaterThan(1.6)
})
