import { expect, test } from 'vitest'
import { objectiveBound } from '../../src/choose/objective-bound.ts'
import { planProblem } from '../../src/choose/plan-problem.ts'
import { strategyNamed } from '../../src/choose/strategies.ts'
import { problemFrom } from '../../src/input/problem.ts'
import type { Problem } from '../../src/model/problem.ts'
import type { Schedule } from '../../src/model/schedule.ts'
import { planRow } from '../../src/report/plan-view.ts'
import { prng } from '../../src/std/prng.ts'
import { bruteForceLeast } from '../policy/planning/brute-force.ts'

/** Objectives as they are defined, without the code that scores schedules. */
const values = {
  'mean-flow-time': ({ tasks }: Problem, { end }: Schedule) =>
    tasks.reduce((sum, { release }, task) => sum + end[task] - release, 0) / tasks.length,
  'weighted-tardiness': ({ tasks }: Problem, { end }: Schedule) =>
    tasks.reduce((sum, { due, weight }, task) => sum + weight * Math.max(0, end[task] - due), 0),
  cost: ({ machines }: Problem, { machine, start, end }: Schedule) =>
    machine.reduce((sum, on, task) => sum + machines[on].cost * (end[task] - start[task]), 0),
} as const

/** Five tasks at most: chained or not, released over time or not, on machines of one slot or of several. */
function tiny(seed: number): Problem {
  const draw = prng(seed)
  const machines = 1 + draw.int(2)
  const shared = draw.int(3) === 0
  const chained = draw.int(2) === 0
  return problemFrom(
    {
      machines: Array.from({ length: machines }, (_, at) => ({
        id: `m${at}`,
        cost: draw.int(4),
        ...(shared && { capacity: { cpu: 2 + draw.int(2) } }),
      })),
      tasks: Array.from({ length: 2 + draw.int(4) }, (_, at) => ({
        id: `t${at}`,
        times: Array.from({ length: machines }, () => draw.int(9)),
        due: draw.int(14),
        weight: draw.int(4),
        release: draw.int(2) * draw.int(6),
        ...(shared && { needs: { cpu: draw.int(3) } }),
        ...(chained && at > 0 && { after: [{ task: `t${draw.int(at)}`, time: draw.int(4) }] }),
      })),
    },
    { place: 'tiny', name: `tiny ${seed}` },
  )
}

test.each(['mean-flow-time', 'weighted-tardiness', 'cost'] as const)(
  'the bound of %s is below the best of all schedules, and what is called optimal is one of the best',
  async objective => {
    const strategy = strategyNamed('auto') ?? expect.fail('no auto')
    let called = 0
    for (let seed = 1; seed <= 60; seed += 1) {
      const problem = tiny(seed)
      const least = bruteForceLeast(problem, schedule => values[objective](problem, schedule))
      expect(objectiveBound(problem, objective), problem.name).toBeLessThanOrEqual(least + 1e-9)
      const spending = { kind: 'steps', steps: 2 } as const
      const outcome = await planProblem(problem, { strategy, objective, seed: 1, spending })
      const value = values[objective](problem, outcome.schedule)
      expect(outcome.aim?.value).toBeCloseTo(value, 9)
      if (!planRow(outcome).optimal) continue
      called += 1
      expect(value, problem.name).toBeLessThanOrEqual(least + 1e-9)
    }
    expect(called).toBeGreaterThan(10)
  },
)
