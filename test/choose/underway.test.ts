import { describe, expect, test } from 'vitest'
import { objectives } from '../../src/choose/objective.ts'
import { planProblem } from '../../src/choose/plan-problem.ts'
import { realise } from '../../src/choose/realise.ts'
import { strategies, strategyNamed } from '../../src/choose/strategies.ts'
import { problemFrom } from '../../src/input/problem.ts'
import { orders } from '../../src/policy/registry.ts'

/** Two machines, each at work: long, not due and of no weight, so that every rule would put it off. */
const atWork = {
  ...problemFrom(
    {
      machines: [{ id: 'a' }, { id: 'b' }],
      tasks: [
        { id: 'runs on a', times: [9, null], weight: 0 },
        { id: 'runs on b', times: [null, 7], weight: 0 },
        ...Array.from({ length: 10 }, (_, at) => ({
          ...{ id: `t${at}`, times: [1 + (at % 4), 2 + (at % 3)], due: 4 + at, weight: 5 },
        })),
      ],
    },
    { place: 'at work', name: 'at work' },
  ),
  underway: 2,
}
const begins = (start: Float64Array) => [...start.subarray(0, 2)]
const named = (name: string) => strategyNamed(name) ?? expect.fail(name)
const kept = strategies.filter(({ kind }) => kind === 'planner').map(({ name }) => name)

describe('what runs already when the rest is planned', () => {
  test.each(orders.map(({ name }) => name))('comes first in a run under %s', order => {
    for (const strategy of ['mct', 'on-demand']) {
      const way = { kind: 'online', strategy, order } as const
      const { schedule } = realise(atWork, way, { noise: 0.2, seed: 1 })
      expect(begins(schedule.start), strategy).toEqual([0, 0])
    }
  })

  test.each(objectives)('comes first in every schedule that was found for %s', async objective => {
    const { schedule, members = [] } = await planProblem(atWork, {
      strategy: named('portfolio'),
      ...{ objective, seed: 1, spending: { kind: 'steps', steps: 200 } },
    })
    expect(begins(schedule.start)).toEqual([0, 0])
    // For makespan the first fill is proved the best at once.
    expect(members.length).toBeGreaterThan(objective === 'makespan' ? 1 : 5)
    for (const { name, schedule } of members) expect(begins(schedule.start), name).toEqual([0, 0])
  })

  test.each(kept)('comes first in the plan of %s', async strategy => {
    const spending = { kind: 'steps', steps: 50 } as const
    const { schedule } = await planProblem(atWork, { strategy: named(strategy), seed: 1, spending })
    expect(begins(schedule.start)).toEqual([0, 0])
  })

  test('is not counted on while the rest is put in order: its machine is free only after it', async () => {
    const { schedule, aim } = await planProblem(atWork, {
      ...{ strategy: named('portfolio'), objective: 'weighted-tardiness', seed: 1 },
      spending: { kind: 'steps', steps: 500 },
    })
    const first = (on: number) =>
      Math.min(...[...schedule.start].filter((_, at) => at > 1 && schedule.machine[at] === on))
    expect([first(0), first(1)]).toEqual([9, 7])
    const way = { kind: 'plan', schedule } as const
    expect(realise(atWork, way, { noise: 0, seed: 1 }).weightedTardiness).toBeCloseTo(
      aim?.value ?? 0,
    )
  })
})
