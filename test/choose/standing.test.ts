import { describe, expect, test } from 'vitest'
import { chooseByTrial } from '../../src/choose/auto.ts'
import { countedPlan } from '../../src/choose/counted-plan.ts'
import { chooseLive } from '../../src/choose/live-choice.ts'
import { planProblem } from '../../src/choose/plan-problem.ts'
import type { Standing } from '../../src/choose/standing.ts'
import { strategyNamed } from '../../src/choose/strategies.ts'
import { makespanOf } from '../../src/model/schedule.ts'
import { problemFrom } from '../../src/input/problem.ts'
import { unrelatedProblem } from '../solver/unrelated-problem.ts'

/** Sixty tasks of seven sizes on three slots of two speeds. */
const sixty = unrelatedProblem(
  Array.from({ length: 60 }, (_, at) => {
    const time = 0.04 + (at % 7) * 0.02
    return [time, 2 * time, 2 * time]
  }),
)

/** The same of sizes nearly equal, so that hardly an order is better than another. */
const even = unrelatedProblem(
  Array.from({ length: 60 }, (_, at) => {
    const time = 0.1 + (at % 7) * 0.001
    return [time, 2 * time, 2 * time]
  }),
)

/** No time but for the first looks, which are waited for however busy the box is. */
const timeIsOut = () => ({ deadline: performance.now(), patienceMs: Number.POSITIVE_INFINITY })

const noSolver = () => expect.fail('no solver was asked for')

/**
 * What a running job would follow after looking a few times, under another luck each time, when there is
 * time for no more than a first look at each candidate.
 */
async function followed(looks: number, keeps: boolean) {
  const names = new Set<string>()
  const reasons: string[] = []
  let standing: Standing | undefined
  for (let seed = 1; seed <= looks; seed += 1) {
    const { way, why } = await chooseByTrial(even, {
      objective: 'makespan',
      conditions: { noise: 0.3, seed },
      members: [],
      ...timeIsOut(),
      ...(keeps && standing && { standing }),
    })
    if (way.kind === 'plan') expect.fail('there were no plans to choose')
    standing = { strategy: way.strategy, order: way.order }
    names.add(`${way.strategy} ${way.order}`)
    reasons.push(why)
  }
  return { names, reasons }
}

describe('what a run follows already', () => {
  test('stays among strategies that come to nearly the same, and says what else there was', async () => {
    expect((await followed(8, false)).names.size).toBeGreaterThan(1)
    const { names, reasons } = await followed(8, true)
    expect(names.size).toBe(1)
    const kept = reasons.filter(why => why.includes(' goes on: the least makespan of '))
    expect(kept.length).toBeGreaterThan(0)
    expect(kept[0]).toContain('another takes over where that is more than 1 % and more than luck')
  }, 60_000)

  test('goes where another is clearly better', async () => {
    // The one long task: whoever happens to be idle gives it to a slow slot.
    const rows = [
      [1, 4, 4],
      [0.1, 0.4, 0.4],
      [0.1, 0.4, 0.4],
      [5, 20, 20],
    ]
    const { way } = await chooseByTrial(unrelatedProblem(rows), {
      objective: 'makespan',
      conditions: { noise: 0.1, seed: 1 },
      members: [],
      standing: { strategy: 'on-demand', order: 'fifo' },
    })
    expect(way).not.toMatchObject({ strategy: 'on-demand', order: 'fifo' })
  })
})

test('under noise nothing is chosen by the luck of one run, even when time is out', async () => {
  const { why } = await chooseByTrial(
    unrelatedProblem([
      [3, 6],
      [2, 4],
      [1, 2],
      [5, 9],
      [4, 8],
    ]),
    {
      objective: 'makespan',
      conditions: { noise: 0.5, seed: 1 },
      members: [],
      ...timeIsOut(),
    },
  )
  expect(why).toMatch(/by up to 6 simulated runs each/)
})

describe('of rules under which all comes in time', () => {
  /** Short ones due late, then long ones due soon, on two machines: twice as much time as is needed. */
  const roomy = problemFrom(
    {
      machines: [{ id: 'a' }, { id: 'b' }],
      tasks: Array.from({ length: 24 }, (_, at) => ({
        ...{ id: `t${at}`, work: at < 12 ? 1 : 1.5 },
        due: at < 12 ? 60 : 20 + at,
      })),
    },
    { place: 'roomy', name: 'roomy' },
  )
  const tried = (standing?: Standing) =>
    chooseByTrial(roomy, {
      objective: 'weighted-tardiness',
      conditions: { noise: 0.1, seed: 1 },
      members: [],
      ...(standing && { standing }),
    })

  test('the one that leaves most room before the due dates goes, not the one that ends soonest', async () => {
    const { way, value } = await tried()
    expect(value).toBe(0)
    expect(way).toMatchObject({ order: expect.stringMatching(/^(edd|min-slack)$/) })
  })

  test('another takes over where it leaves clearly more room, and not for ending sooner', async () => {
    expect((await tried({ strategy: 'mct', order: 'edd' })).way).toMatchObject({ order: 'edd' })
    const { way } = await tried({ strategy: 'mct', order: 'spt' })
    expect(way).toMatchObject({ order: expect.stringMatching(/^(edd|min-slack)$/) })
  })
})

describe('a plan beside a run', () => {
  const named = (name: string) => strategyNamed(name) ?? expect.fail(name)
  const request = { problem: sixty, objective: 'makespan', seed: 7, noise: 0.3, ms: 200 } as const
  /** Time that a busy box has as well, where there is little to try. */
  const unhurried = { ...request, ms: 3_000 }

  test.each(['local-search', 'portfolio', 'heft'])(
    '%s is repeated by its seed and its steps, each machine with its longest tasks first',
    async strategy => {
      const choice = await chooseLive({ ...request, strategy }, noSolver)
      if (choice.kind === 'rule') expect.fail('a plan was asked for')
      expect(choice.steps).toBeGreaterThan(0)
      const spending = { kind: 'steps', steps: choice.steps } as const
      const again = await planProblem(sixty, { strategy: named(strategy), seed: 7, spending })
      expect(choice.schedule.machine).toEqual(again.schedule.machine)
      expect(makespanOf(choice.schedule)).toBeCloseTo(again.makespan, 9)
      const { machine, start } = choice.schedule
      const order = [...machine.keys()].sort((a, b) => start[a] - start[b])
      for (const on of [0, 1, 2]) {
        const times = order.filter(task => machine[task] === on).map(task => sixty.times[3 * task])
        expect(times).toEqual(times.toSorted((a, b) => b - a))
      }
    },
  )

  test('is not made where what the run follows is as good as can be, nearly', async () => {
    const problem = unrelatedProblem([
      [1, 4, 4],
      [0.1, 0.4, 0.4],
      [0.1, 0.4, 0.4],
      [5, 20, 20],
    ])
    const ask = (order: string) =>
      chooseLive(
        { ...unhurried, problem, strategy: 'auto', standing: { strategy: 'mct', order } },
        noSolver,
      )
    const kept = await ask('lpt')
    expect(kept).toMatchObject({ kind: 'rule', strategy: 'mct', order: 'lpt' })
    expect(kept.why).toMatch(/^mct in lpt order goes on: in expected times it comes (within|to) /)
    // The long task, begun last, holds up the end by a second.
    expect((await ask('fifo')).why).toMatch(/ tried, by up to \d+ simulated runs each/)
  })

  test('takes about the time it is given, however large the problem', async () => {
    const rows = Array.from({ length: 3_000 }, (_, at) =>
      Array.from({ length: 40 }, (_, on) => 1 + ((at * 7 + on * 13) % 50)),
    )
    const many = unrelatedProblem(rows)
    const counted = await countedPlan(many, { strategy: named('portfolio'), seed: 1 }, 100)
    expect(counted.steps).toBeLessThan(64)
  })

  test('goes by the order that the job names, if not by its own', async () => {
    const due = problemFrom(
      {
        machines: [
          { id: 'a', speed: 1 },
          { id: 'b', speed: 2 },
        ],
        tasks: [9, 3, 6, 1, 8, 2].map((at, n) => ({ id: `t${n}`, work: 2 + n, due: at })),
      },
      { place: 'due', name: 'due' },
    )
    for (const strategy of ['heft', 'local-search', 'portfolio', 'mct']) {
      const { schedule } = await planProblem(due, {
        ...{ strategy: named(strategy), seed: 1, order: 'edd' },
        spending: { kind: 'steps', steps: 100 },
      })
      for (const on of [0, 1]) {
        const here = due.tasks.map((_, task) => task).filter(task => schedule.machine[task] === on)
        const inTurn = here.toSorted((a, b) => schedule.start[a] - schedule.start[b])
        expect(inTurn, strategy).toEqual(
          here.toSorted((a, b) => due.tasks[a].due - due.tasks[b].due),
        )
      }
    }
  })
})
