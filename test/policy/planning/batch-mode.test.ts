import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planProblem } from '../../../src/choose/plan-problem.ts'
import { strategyNamed } from '../../../src/choose/strategies.ts'
import type { Problem } from '../../../src/model/problem.ts'
import { violationsOf } from '../../../src/model/validator.ts'
import { maxMin } from '../../../src/policy/planning/max-min.ts'
import { mct } from '../../../src/policy/planning/mct.ts'
import { minMin } from '../../../src/policy/planning/min-min.ts'
import { sufferage } from '../../../src/policy/planning/sufferage.ts'
import { anyProblem } from './problems.ts'

/** As the papers define them: look at all that is left, place the most urgent, look again. */
function asDefined(on: Problem, urgency: (best: number, second: number) => number) {
  const machines = on.machines.length
  const free = new Array<number>(machines).fill(0)
  const left = new Set(on.tasks.keys())
  const machine = new Int32Array(on.tasks.length)
  const start = new Float64Array(on.tasks.length)
  while (left.size > 0) {
    let chosen = { task: -1, by: -1, urgency: Number.NEGATIVE_INFINITY }
    for (const task of left) {
      const finish = free.map((from, by) => from + on.times[task * machines + by])
      const [best, second = Number.POSITIVE_INFINITY] = [...finish].sort((a, b) => a - b)
      const own = urgency(best, second)
      if (own > chosen.urgency) chosen = { task, by: finish.indexOf(best), urgency: own }
    }
    left.delete(chosen.task)
    machine[chosen.task] = chosen.by
    start[chosen.task] = free[chosen.by]
    free[chosen.by] += on.times[chosen.task * machines + chosen.by]
  }
  return { machine, start }
}

const loss = (best: number, second: number) =>
  second === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : second - best

describe('batch mode', () => {
  it.each([
    { planner: minMin, urgency: (best: number) => -best },
    { planner: maxMin, urgency: (best: number) => best },
    { planner: sufferage, urgency: loss },
  ])('$planner.name places as it is defined, ties and all', ({ planner, urgency }) => {
    fc.assert(
      fc.property(anyProblem({ maxTasks: 14 }), on => {
        const [schedule] = planner.plan(on, { seed: 1 })
        expect(schedule).toMatchObject(asDefined(on, urgency))
      }),
      { numRuns: 150 },
    )
  })

  it.each([maxMin, sufferage])('$name out of time ends by earliest completion', planner => {
    fc.assert(
      fc.property(anyProblem({ precedence: true, releases: true, maxTasks: 80 }), on => {
        let hurried = 0
        const options = {
          seed: 1,
          hurry: () => true,
          hurried: (tasks: number) => {
            hurried = tasks
          },
        }
        const [schedule] = planner.plan(on, options)
        if (!schedule) throw new Error('no schedule')
        expect(violationsOf(on, schedule)).toEqual([])
        expect(hurried).toBeGreaterThanOrEqual(on.tasks.length > 64 ? 1 : 0)
      }),
      { numRuns: 30 },
    )
  })

  it('says so, where the time given is over', async () => {
    const times = Array.from({ length: 3_000 * 4 }, (_, at) => 1 + ((at * 7919) % 101))
    const [any] = fc.sample(anyProblem({ maxTasks: 1 }), 1)
    const task = { ...any.tasks[0], release: 0 }
    const on: Problem = {
      ...any,
      machines: Array.from({ length: 4 }, (_, at) => ({ ...any.machines[0], id: `m${at}` })),
      network: undefined,
      tasks: Array.from({ length: 3_000 }, (_, at) => ({ ...task, id: `t${at}` })),
      times: Float64Array.from(times),
      edges: {
        firstEdge: new Int32Array(3_001),
        from: new Int32Array(0),
        bytes: new Float64Array(0),
        time: new Float64Array(0),
      },
    }
    const strategy = strategyNamed('sufferage')
    if (!strategy) throw new Error('no sufferage')
    const proof = { value: 0, by: 'nothing' }
    const plan = await planProblem(on, {
      strategy,
      seed: 1,
      spending: { kind: 'time', ms: 0 },
      proof,
    })
    expect(plan.trouble).toMatch(
      /^time was out: sufferage placed the last [\d,]+ tasks by earliest/,
    )
    const whole = await planProblem(on, {
      strategy,
      seed: 1,
      spending: { kind: 'steps', steps: 1 },
      proof,
    })
    expect(whole.trouble).toBeUndefined()
    const [plain] = mct.plan(on, { seed: 1 })
    expect(plan.schedule).not.toEqual(whole.schedule)
    expect(plan.schedule).not.toEqual(plain)
  })
})
