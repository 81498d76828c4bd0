import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { objectives, scoreSchedule } from '../../src/choose/objective.ts'
import type { Spending } from '../../src/choose/drive.ts'
import { planOnline } from '../../src/choose/online-plan.ts'
import { planProblem } from '../../src/choose/plan-problem.ts'
import { refusalOf, strategies, type Strategy, strategyNamed } from '../../src/choose/strategies.ts'
import { loadProblem } from '../../src/input/load-problem.ts'
import { problemFrom } from '../../src/input/problem.ts'
import type { Problem } from '../../src/model/problem.ts'
import type { Schedule } from '../../src/model/schedule.ts'
import { orders } from '../../src/policy/registry.ts'
import { prng } from '../../src/std/prng.ts'

/** `auto` against every strategy that counts steps, each with as many, so that nothing depends on a clock. */
const steps = 120
/** The issue asks for 5 % and aims at 2. */
const within = 1.02

const data = '../shared/data'
const hasData = existsSync(data)
if (!hasData) console.warn(`${data} is absent: auto is tried on generated problems only`)

async function expectNearBest(problem: Problem): Promise<void> {
  const spending = { kind: 'steps', steps } as const
  const { makespan } = await planProblem(problem, { strategy: named('auto'), seed: 1, spending })
  for (const strategy of strategies) {
    if (strategy.kind === 'solver' || strategy.name === 'auto') continue
    if (refusalOf(strategy, problem) !== undefined) continue
    const other = await planProblem(problem, { strategy, seed: 1, spending })
    expect(makespan, `against ${strategy.name}`).toBeLessThanOrEqual(other.makespan * within)
  }
}

/** Rules and constructive planners: what needs no time. */
async function expectNearRules(problem: Problem, spending: Spending): Promise<void> {
  const shared = { seed: 1, spending }
  const plans: { name: string; schedule: Schedule }[] = []
  for (const strategy of strategies) {
    const needsTime = strategy.kind === 'solver' || strategy.searches || strategy.kind === 'choice'
    if (needsTime || refusalOf(strategy, problem) !== undefined) continue
    const { schedule } = await planProblem(problem, { ...shared, strategy })
    plans.push({ name: strategy.name, schedule })
  }
  for (const objective of objectives) {
    const auto = await planProblem(problem, { ...shared, strategy: named('auto'), objective })
    const { value } = scoreSchedule(problem, auto.schedule, objective)
    for (const { name, schedule } of plans) {
      const other = scoreSchedule(problem, schedule, objective)
      expect(value, `${objective}, against ${name}`).toBeLessThanOrEqual(other.value * within)
    }
  }
}

/** What serves anything, and for due dates what knows of them, in each order. */
async function expectNearRulesInOrders(problem: Problem): Promise<void> {
  const strategy = named('auto')
  for (const objective of ['makespan', 'weighted-tardiness'] as const) {
    const auto = await planProblem(problem, { strategy, objective, seed: 1, spending: noTime })
    const { value } = scoreSchedule(problem, auto.schedule, objective)
    const rules = objective === 'makespan' ? ['mct', 'on-demand'] : ['mct', 'on-demand', 'cheapest']
    for (const rule of rules) {
      for (const { name } of orders.filter(({ serves }) => serves !== 'a wish')) {
        const other = scoreSchedule(problem, planOnline(problem, rule, 1, name), objective)
        const said = `${objective}, against ${rule} in ${name} order`
        expect(value, said).toBeLessThanOrEqual(other.value * within)
      }
    }
  }
}

const noTime: Spending = { kind: 'time', ms: 0 }

function named(name: string): Strategy {
  const strategy = strategyNamed(name)
  if (strategy === undefined) throw new Error(`no strategy ${name}`)
  return strategy
}

describe('auto is within 2 % of its best member', () => {
  test.each([
    ['independent tasks, any times', {}],
    ['few machines can run a task', { forbidden: 0.6 }],
    ['times over four orders of magnitude', { magnitudes: 4 }],
    ['releases', { releases: true }],
    ['precedence and transfers', { edges: true }],
    ['all of it', { edges: true, releases: true, forbidden: 0.3, magnitudes: 3 }],
    ['several needs on shared machines', { needs: true }],
    ['needs with precedence', { needs: true, edges: true }],
  ])('%s', async (_, features: Features) => {
    await fc.assert(fc.asyncProperty(wild(features), expectNearBest), { numRuns: 4, seed: 3 })
  })

  describe.each([
    ['with no time at all', noTime],
    ['with a single step', { kind: 'steps', steps: 1 } as const],
  ])('%s, under every objective', (_, spending) => {
    test.each([
      ['releases and due dates', { releases: true, due: true }],
      ['precedence and shared machines', { edges: true, needs: true, due: true }],
    ])('%s', async (_what, features: Features) => {
      const property = fc.asyncProperty(wild(features), problem =>
        expectNearRules(problem, spending),
      )
      await fc.assert(property, { numRuns: 3, seed: 5 })
    })
  })

  test.each([
    ['shared machines', { needs: true, edges: true }],
    ['due dates', { due: true, edges: true, forbidden: 0.3 }],
  ])('with no time at all, of few tasks, of rules in every order: %s', async (_, features) => {
    const property = fc.asyncProperty(wild(features), expectNearRulesInOrders)
    await fc.assert(property, { numRuns: 15, seed: 2 })
  })

  describe.skipIf(!hasData)('on samples of every set', () => {
    const files = hasData
      ? [
          'matrices',
          'problems/textbook',
          'problems/stg',
          'problems/wfinstances',
          'problems/dagbench',
        ].flatMap(sampleOf)
      : []
    test.each(files)('%s', async path => {
      await expectNearBest(loadProblem(path))
    })
  })
})

test.each([1, 5, 13])(
  'a search within auto has as many steps as alone, whatever is done beside it: graph %i',
  async seed => {
    const problem = talkative(seed)
    const spending = { kind: 'steps', steps: 60 } as const
    const makespanBy = async (name: string) =>
      (await planProblem(problem, { strategy: named(name), seed: 1, spending })).makespan
    expect(await makespanBy('auto')).toBeLessThanOrEqual(await makespanBy('local-search'))
  },
)

/** Seventy tasks on eight machines unlike each other, with transfers that take six times as long as a task. */
function talkative(seed: number): Problem {
  const random = prng(seed, 0)
  const machines = Array.from({ length: 8 }, (_, at) => ({ id: `m${at}` }))
  const tasks = Array.from({ length: 70 }, (_, at) => {
    const times = machines.map(() => 1 + random.int(20))
    const before = Array.from(
      { length: at < 5 ? 0 : 2 },
      () => at - 1 - random.int(Math.min(at, 16)),
    )
    const after = [...new Set(before)].map(one => ({ task: `t${one}`, time: random.int(120) }))
    return { id: `t${at}`, times, after }
  })
  return problemFrom({ machines, tasks }, { place: 'talkative', name: 'talkative' })
}

/** Two of a folder, apart from each other. */
function sampleOf(folder: string): string[] {
  const files = readdirSync(join(data, folder)).filter(file => /\.(csv|json)\.gz$/.test(file))
  return [0.2, 0.7].map(share => join(data, folder, files[Math.floor(share * files.length)]))
}

type Features = {
  readonly forbidden?: number
  readonly magnitudes?: number
  readonly releases?: boolean
  readonly due?: boolean
  readonly edges?: boolean
  readonly needs?: boolean
}

function wild(features: Features): fc.Arbitrary<Problem> {
  const { forbidden = 0, magnitudes = 1, releases, due, edges, needs } = features
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  return fc
    .record({
      machines: fc.integer({ min: 2, max: 6 }),
      tasks: fc.array(
        fc.record({
          times: fc.array(fc.tuple(share, share), { minLength: 6, maxLength: 6 }),
          release: fc.integer({ min: 0, max: 30 }),
          cpu: fc.constantFrom(1, 2, 3),
          memory: fc.constantFrom(1, 4, 7),
          after: fc.array(
            fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 20 })),
            {
              maxLength: 2,
            },
          ),
        }),
        { minLength: 15, maxLength: 40, size: 'max' },
      ),
    })
    .map(({ machines, tasks }) =>
      problemFrom(
        {
          machines: Array.from({ length: machines }, (_, at) => ({
            id: `m${at}`,
            ...(needs ? { capacity: { cpu: 4, memory: 8 + 4 * at } } : {}),
          })),
          network: { bandwidth: 2, latency: 1 },
          tasks: tasks.map(({ times, release, cpu, memory, after }, at) => ({
            id: `t${at}`,
            times: times
              .slice(0, machines)
              .map(([size, luck], on) =>
                luck < forbidden && on !== at % machines ? null : 1 + 10 ** (magnitudes * size),
              ),
            ...(releases ? { release } : {}),
            ...(due ? { due: release + 5 * memory, weight: cpu } : {}),
            ...(needs ? { needs: { cpu, memory } } : {}),
            ...(edges
              ? {
                  after: after
                    .filter(([back]) => back <= at)
                    .map(([back, bytes]) => ({ task: `t${at - back}`, bytes })),
                }
              : {}),
          })),
        },
        { place: 'wild', name: 'wild' },
      ),
    )
}
