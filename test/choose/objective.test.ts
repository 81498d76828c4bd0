import { describe, expect, test } from 'vitest'
import { chooseByTrial } from '../../src/choose/auto.ts'
import { compareScores, objectives, scoreSchedule } from '../../src/choose/objective.ts'
import { objectiveBound } from '../../src/choose/objective-bound.ts'
import { planProblem } from '../../src/choose/plan-problem.ts'
import { searchObjective } from '../../src/choose/objective-search.ts'
import { inBestQueues } from '../../src/choose/queue-order.ts'
import {
  constructivePlanners,
  refusalOf,
  strategies,
  strategyNamed,
} from '../../src/choose/strategies.ts'
import { problemFrom } from '../../src/input/problem.ts'
import type { Objective } from '../../src/model/job.ts'
import type { Problem } from '../../src/model/problem.ts'
import { violationsOf } from '../../src/model/validator.ts'
import { roundRobin } from '../../src/policy/planning/round-robin.ts'
import { prng } from '../../src/std/prng.ts'

const named = (name: string) => strategyNamed(name) ?? expect.fail(`no strategy ${name}`)
const plan = (problem: Problem, name: string, objective: Objective, steps = 300) =>
  planProblem(problem, {
    strategy: named(name),
    objective,
    seed: 1,
    spending: { kind: 'steps', steps },
  })
const from = (parts: object): Problem => problemFrom(parts, { place: 'test', name: 'test' })

/** Prices that fall with speed, due dates that cannot all be met, weights; with precedence or without. */
function mixed(seed: number, chained: boolean): Problem {
  const draw = prng(seed)
  return from({
    machines: [
      { id: 'quick', speed: 4, cost: 9 },
      { id: 'middling', speed: 2, cost: 3 },
      { id: 'slow', speed: 1, cost: 1 },
    ],
    tasks: Array.from({ length: 14 }, (_, at) => ({
      id: `t${at}`,
      work: 1 + draw.int(20),
      due: 3 + draw.int(20),
      weight: 1 + draw.int(5),
      ...(chained && at >= 4 && { after: [`t${at - 1 - draw.int(4)}`] }),
      ...(!chained && { release: draw.int(4) }),
    })),
  })
}
/** A fast Fourier transform of 8 numbers on unlike machines; transfers take ten times as long as work. */
function butterfly(seed: number): Problem {
  const draw = prng(seed)
  const time = () => 1 + draw.int(20)
  return from({
    machines: Array.from({ length: 16 }, (_, at) => ({ id: `m${at}` })),
    tasks: Array.from({ length: 32 }, (_, at) => {
      const [level, place] = [Math.floor(at / 8), at % 8]
      const before = level === 0 ? [] : [place, place ^ (1 << (level - 1))]
      return {
        id: `t${at}`,
        times: Array.from({ length: 16 }, time),
        after: before.map(from => ({ task: `t${8 * (level - 1) + from}`, time: 10 * time() })),
        due: 10 * (level + 1) + draw.int(40),
        weight: 1 + draw.int(5),
      }
    }),
  })
}
const problems = [mixed(1, false), mixed(2, true), mixed(3, true), mixed(4, false)]

describe('planning for an objective', () => {
  test.each(objectives)('auto is no worse than any other strategy under %s', async objective => {
    for (const problem of problems) {
      const auto = await plan(problem, 'auto', objective)
      expect(violationsOf(problem, auto.schedule)).toEqual([])
      const own = scoreSchedule(problem, auto.schedule, objective)
      for (const strategy of strategies) {
        if (strategy.kind === 'solver' || refusalOf(strategy, problem) !== undefined) continue
        const other = await plan(problem, strategy.name, objective, 30)
        const score = scoreSchedule(problem, other.schedule, objective)
        expect(compareScores(own, score), strategy.name).toBeLessThanOrEqual(1e-9)
      }
    }
  })

  test.each(['mean-flow-time', 'weighted-tardiness'] as const)(
    'where transfers outweigh work auto is within 2 % of any other, with as many steps: %s',
    async objective => {
      for (const seed of [1, 2]) {
        const problem = butterfly(seed)
        const auto = await plan(problem, 'auto', objective)
        const own = scoreSchedule(problem, auto.schedule, objective)
        for (const strategy of strategies) {
          if (strategy.kind === 'solver' || refusalOf(strategy, problem) !== undefined) continue
          const other = await plan(problem, strategy.name, objective)
          const { value } = scoreSchedule(problem, other.schedule, objective)
          expect(own.value, `${strategy.name}, seed ${seed}`).toBeLessThanOrEqual(value * 1.02)
        }
      }
    },
  )

  test.each(objectives)('no strategy is below the bound of %s', async objective => {
    for (const problem of problems) {
      const bound = objectiveBound(problem, objective)
      for (const name of ['heft', 'mct', 'met', 'on-demand', 'auto']) {
        const { schedule } = await plan(problem, name, objective, 100)
        const { value } = scoreSchedule(problem, schedule, objective)
        expect(value, name).toBeGreaterThanOrEqual(bound * (1 - 1e-9))
      }
    }
  })

  test('one machine has least mean flow time shortest first, and the bound proves it', async () => {
    const works = [7, 1, 4, 2]
    const tasks = works.map((work, at) => ({ id: `t${at}`, work }))
    const { aim } = await plan(from({ machines: [{ id: 'm' }], tasks }), 'auto', 'mean-flow-time')
    expect(aim).toEqual({ objective: 'mean-flow-time', value: 6.25, bound: 6.25 })
  })

  test.each([
    [300, 1.001],
    [20, 1.1],
  ])(
    'from any start a search comes soon to the least mean flow time on machines of other speeds: %i tasks',
    (count, within) => {
      const draw = prng(5)
      const speeds = [1, 2.5, 4, 0.7]
      const works = Array.from({ length: count }, () => 1 + draw.int(1000))
      const problem = from({
        machines: speeds.map((speed, at) => ({ id: `m${at}`, speed })),
        tasks: works.map((work, at) => ({ id: `t${at}`, work })),
      })
      // The k-th task from the end of a machine counts k times: the longest takes the least of k / speed, and so on
      // (Horowitz and Sahni 1976).
      const places = speeds
        .flatMap(speed => works.map((_, at) => (at + 1) / speed))
        .sort((a, b) => a - b)
      const least = works
        .toSorted((a, b) => b - a)
        .reduce((sum, work, at) => sum + work * places[at], 0)
      const [incumbent = expect.fail('no plan')] = roundRobin.plan(problem, { seed: 1 })
      const options = { objective: 'mean-flow-time', incumbent, seed: 1 } as const
      let found = Number.POSITIVE_INFINITY
      let steps = 0
      for (const schedule of searchObjective(problem, options)) {
        if (schedule)
          found = scoreSchedule(problem, schedule, 'mean-flow-time').value * works.length
        steps += 1
        if (steps === 60) break
      }
      expect(found / least).toBeLessThan(within)
      expect(found / least).toBeGreaterThan(1 - 1e-9)
    },
  )

  test.each(['mean-flow-time', 'weighted-tardiness'] as const)(
    'a plan whose machines take their queues in the best order is never worse: %s',
    objective => {
      for (const problem of [problems[0], problems[3]]) {
        for (const planner of constructivePlanners) {
          const [schedule = expect.fail('no plan')] = planner.plan(problem, { seed: 1 })
          const ordered = inBestQueues(problem, schedule, objective)
          expect(violationsOf(problem, ordered), planner.name).toEqual([])
          expect(ordered.machine, planner.name).toEqual(schedule.machine)
          const [before, after] = [schedule, ordered].map(s => scoreSchedule(problem, s, objective))
          expect(after.value, planner.name).toBeLessThanOrEqual(before.value + 1e-9)
        }
      }
    },
  )

  test('what may be late is put into an order before auto chooses where to begin', async () => {
    const works = [9, 1, 8, 2, 7, 3, 6, 4, 5, 5]
    const tasks = works.map((work, at) => ({
      id: `t${at}`,
      work,
      due: 20 - work,
      weight: 1 + (at % 3),
    }))
    const { members } = await plan(
      from({ machines: [{ id: 'm0' }, { id: 'm1' }], tasks }),
      'auto',
      'weighted-tardiness',
    )
    const worthOf = (name: string) => members?.find(m => m.name === name)?.value
    expect(worthOf('lpt in its best order')).toBeLessThan(worthOf('lpt') ?? 0)
  })

  test('search finds what no order by one key does: least weighted tardiness by trying all', async () => {
    const tasks = [
      { id: 'a', work: 6, due: 6, weight: 2 },
      { id: 'b', work: 4, due: 4, weight: 3 },
      { id: 'c', work: 9, due: 11, weight: 4 },
      { id: 'd', work: 3, due: 20, weight: 1 },
      { id: 'e', work: 5, due: 9, weight: 2 },
      { id: 'f', work: 8, due: 14, weight: 3 },
    ]
    const { aim } = await plan(
      from({ machines: [{ id: 'm' }], tasks }),
      'auto',
      'weighted-tardiness',
    )
    expect(aim?.value).toBe(Math.min(...permutations(tasks).map(tardinessOf)))
  })

  test('search finds it too where machines run several tasks at once', async () => {
    const capacity = { cpu: 3 }
    const machines = ['m0', 'm1'].map(id => ({ id, capacity }))
    const sink = (name: string, from: string) => ({
      id: name,
      work: 2,
      needs: { cpu: 1 },
      after: [{ task: from, time: 30 }],
      due: 5,
    })
    const tasks = [
      { id: 'a', times: [3, 4], needs: { cpu: 3 } },
      { id: 'b', times: [3, 4], needs: { cpu: 3 } },
      sink('c', 'a'),
      sink('d', 'b'),
    ]
    // One pair on each machine: 5 on the first, 6 on the second, 1 late.
    const { aim } = await plan(from({ machines, tasks }), 'auto', 'weighted-tardiness')
    expect(aim?.value).toBe(1)
  })

  test('least cost puts each task where time times price is least, and of those is shortest', async () => {
    const problem = from({
      machines: [
        { id: 'dear', speed: 2, cost: 5 },
        { id: 'one', speed: 1, cost: 1 },
        { id: 'other', speed: 1, cost: 1 },
      ],
      tasks: [4, 3, 3, 2].map((work, at) => ({ id: `t${at}`, work })),
    })
    const { aim, makespan } = await plan(problem, 'auto', 'cost')
    expect(aim).toEqual({ objective: 'cost', value: 12, bound: 12 })
    expect(makespan).toBe(6)
  })

  test('the reason names the objective, the winner and who comes next', async () => {
    const { why } = await plan(problems[0], 'auto', 'weighted-tardiness')
    expect(why).toMatch(
      /^search for weighted-tardiness has the least weighted tardiness of \d+ tried/,
    )
    expect(why).toMatch(/; next .+ [\d.]+ % worse/)
  })

  test('under noise auto takes what is best for the objective, not for the makespan', async () => {
    const problem = from({
      machines: [{ id: 'm' }, { id: 'n' }],
      tasks: [9, 8, 7, 1, 1, 1, 1, 1].map((work, at) => ({ id: `t${at}`, work })),
    })
    const conditions = { noise: 0.2, seed: 1 }
    const flow = await chooseByTrial(problem, {
      objective: 'mean-flow-time',
      conditions,
      members: [],
    })
    expect(flow.name).toContain('spt')
    expect(flow.why).toContain('mean flow time')
    const makespan = await chooseByTrial(problem, {
      objective: 'makespan',
      conditions,
      members: [],
    })
    expect(makespan.name).not.toContain('spt')
  })

  test('what never differs from a rule is not chosen before it: a rule needs no plan', async () => {
    const problem = from({ machines: [{ id: 'm' }], tasks: [{ id: 'a', work: 3 }] })
    const { members } = await plan(problem, 'portfolio', 'makespan')
    const chosen = await chooseByTrial(problem, {
      objective: 'makespan',
      conditions: { noise: 0.2, seed: 1 },
      members: members ?? [],
    })
    expect(chosen.way.kind).toBe('online')
  })
})

type Timed = { readonly work: number; readonly due: number; readonly weight: number }

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length < 2) return [[...of]]
  return of.flatMap((first, at) =>
    permutations([...of.slice(0, at), ...of.slice(at + 1)]).map(rest => [first, ...rest]),
  )
}

function tardinessOf(order: readonly Timed[]): number {
  let [now, sum] = [0, 0]
  for (const { work, due, weight } of order) {
    now += work
    sum += weight * Math.max(0, now - due)
  }
  return sum
}
