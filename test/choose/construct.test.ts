import { expect, test, vi } from 'vitest'
import { constructAll } from '../../src/choose/construct.ts'
import type { Spending } from '../../src/choose/drive.ts'
import { leaderOf } from '../../src/choose/member.ts'
import { planProblem } from '../../src/choose/plan-problem.ts'
import { proveBound } from '../../src/choose/prove.ts'
import { strategyNamed } from '../../src/choose/strategies.ts'
import { problemFrom } from '../../src/input/problem.ts'

/** Two chains on three machines, and far too many to try everything whatever it takes. */
const chains = () =>
  problemFrom(
    {
      machines: [{ id: 'm0' }, { id: 'm1' }, { id: 'm2' }],
      tasks: Array.from({ length: 36_000 }, (_, task) => ({
        id: `t${task}`,
        work: 1 + (task % 7),
        after: task < 2 ? [] : [`t${task - 2}`],
      })),
    },
    { place: 'chains.json', name: 'chains' },
  )

test('where the first schedule takes a sixth of the time, heft is still tried and the rest is the search’s', async () => {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 10))
  try {
    const budget = { deadline: 500, ms: 500, stepsLeft: Number.POSITIVE_INFINITY }
    const members = await constructAll(chains(), { seed: 1, budget, bound: 0 })
    const names = members.map(({ name }) => name)
    expect(names.slice(0, 2)).toEqual(['mct', 'heft'])
    expect(names).not.toContain('peft')
  } finally {
    clock.mockRestore()
  }
})

/** Few tasks, none of which waits for what lies on its own machine alone. */
const grid = () =>
  problemFrom(
    {
      machines: [{ id: 'm0' }, { id: 'm1', speed: 2 }, { id: 'm2', speed: 3 }],
      tasks: Array.from({ length: 40 }, (_, task) => ({
        id: `t${task}`,
        work: 5 + ((task * 7) % 11),
        after: [1, 4]
          .filter(back => back <= task % 8)
          .map(back => ({ task: `t${task - back}`, time: 2 })),
      })),
    },
    { place: 'grid.json', name: 'grid' },
  )

test('with no time left independent tasks come near what no schedule can be below', async () => {
  const machines = Array.from({ length: 8 }, (_, at) => ({ id: `m${at}` }))
  const tasks = Array.from({ length: 150 }, (_, task) => ({
    id: `t${task}`,
    times: machines.map(
      (_machine, on) => 1 + ((task ** 2 * 31 + on ** 3 * 57 + task * on * 131) % 997),
    ),
  }))
  const problem = problemFrom({ machines, tasks }, { place: 'tasks.json', name: 'tasks' })
  const budget = { deadline: 0, ms: 0, stepsLeft: Number.POSITIVE_INFINITY }
  const members = await constructAll(problem, { seed: 1, budget, bound: 0 })
  const { value } = proveBound(problem)
  expect(leaderOf(members).makespan).toBeLessThan(1.1 * value)
})

test('a search has a part of the limit though all of it was spent on schedules to begin with', async () => {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 10))
  try {
    const strategy = strategyNamed('auto')
    if (strategy === undefined) throw new Error('no auto')
    const spending = { kind: 'time', ms: 100 } as const
    const { members = [] } = await planProblem(grid(), { strategy, seed: 1, spending })
    expect(members.map(({ name }) => name)).toContain('local-search')
  } finally {
    clock.mockRestore()
  }
})

test('on a box that does little in that time a search still takes its first steps', async () => {
  // Chains on two machines whose times differ much: heft by prices, which a search begins with, is far the best.
  const problem = problemFrom(
    {
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: Array.from({ length: 200 }, (_, task) => ({
        id: `t${task}`,
        times: [1 + ((task * 37) % 97), 1 + ((task * 53) % 89)],
        after: task % 10 === 0 ? [] : [`t${task - 1}`],
      })),
    },
    { place: 'chains.json', name: 'chains' },
  )
  const plan = (name: string, spending: Spending) => {
    const strategy = strategyNamed(name)
    if (strategy === undefined) throw new Error(`no ${name}`)
    return planProblem(problem, { strategy, seed: 1, spending })
  }
  const search = await plan('local-search', { kind: 'steps', steps: 30 })
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 100))
  try {
    const auto = await plan('auto', { kind: 'time', ms: 500 })
    expect(auto.makespan).toBeLessThanOrEqual(search.makespan)
  } finally {
    clock.mockRestore()
  }
})

test.each([
  ['what is most often best on shared machines', 'makespan', { cpu: 1 }, ['heft', 'lpt']],
  ['what is most often best for mean flow time', 'mean-flow-time', undefined, ['min-min']],
] as const)('with no time left %s is tried', async (_, objective, needs, expected) => {
  const machines = Array.from({ length: 24 }, (_, at) => ({
    ...{ id: `m${at}`, speed: 1 + (at % 3) },
    ...(needs && { capacity: { cpu: 2 } }),
  }))
  const tasks = Array.from({ length: 300 }, (_, at) => ({
    ...{ id: `t${at}`, work: 1 + (at % 7), release: at % 5 },
    ...(needs && { needs }),
  }))
  const problem = problemFrom({ machines, tasks }, { place: 'tasks.json', name: 'tasks' })
  const budget = { deadline: 0, ms: 0, stepsLeft: Number.POSITIVE_INFINITY }
  const members = await constructAll(problem, { seed: 1, budget, bound: 0, objective })
  expect(members.map(({ name }) => name)).toEqual(expect.arrayContaining([...expected]))
})

test('with no time left few rules are simulated of many independent tasks, and all that serve of few', async () => {
  const rulesOf = async (count: number): Promise<number> => {
    const machines = [{ id: 'm0' }, { id: 'm1' }, { id: 'm2' }]
    const tasks = Array.from({ length: count }, (_, at) => ({
      id: `t${at}`,
      times: [1 + (at % 17), 3 + (at % 13), 2 + (at % 11)],
    }))
    const problem = problemFrom({ machines, tasks }, { place: 'tasks.json', name: 'tasks' })
    const strategy = strategyNamed('auto')
    if (strategy === undefined) throw new Error('no auto')
    const spending = { kind: 'time', ms: 0 } as const
    const objective = 'mean-flow-time'
    const plan = await planProblem(problem, { strategy, seed: 1, spending, objective })
    return (plan.members ?? []).filter(({ name }) => / in \w+ order$/.test(name)).length
  }
  expect(await rulesOf(1_000)).toBeLessThanOrEqual(4)
  expect(await rulesOf(60)).toBeGreaterThan(8)
})
