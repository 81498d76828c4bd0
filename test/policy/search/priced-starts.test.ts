import { describe, expect, it } from 'vitest'
import { unrelatedOf } from '../../../src/policy/bound/unrelated.ts'
import type { Problem } from '../../../src/model/problem.ts'
import { makespanOf, type Schedule } from '../../../src/model/schedule.ts'
import { violationsOf } from '../../../src/model/validator.ts'
import { loadsOf } from '../../../src/policy/planning/assignment.ts'
import { firstOf } from '../../../src/policy/planning/constructive.ts'
import { heft } from '../../../src/policy/planning/heft.ts'
import { levelSteps } from '../../../src/policy/planning/level-loads.ts'
import { combinatorialBound } from '../../../src/policy/bound/combinatorial.ts'
import { localSearch } from '../../../src/policy/planning/local-search.ts'
import { mct } from '../../../src/policy/planning/mct.ts'
import { atOnce, type Planner } from '../../../src/policy/planning/planner.ts'
import { fillAtPrices } from '../../../src/policy/planning/price-fill.ts'
import { pricedStarts } from '../../../src/policy/planning/search/priced-starts.ts'
import { prng } from '../../../src/std/prng.ts'
import { lagrangianBound } from '../../solver/unrelated-problem.ts'
import { problem } from '../planning/problems.ts'

/** Layers of tasks, each after two of the layer before, whose times differ between machines up to ninefold. */
function layers(how: { layers: number; width: number; machines: number; alike?: true }): Problem {
  const random = prng(7)
  return problem({
    machines: Array.from({ length: how.machines }, (_, at) => ({ id: `m${at}` })),
    tasks: Array.from({ length: how.layers * how.width }, (_, task) => {
      const layer = Math.floor(task / how.width)
      const before = () => `t${(layer - 1) * how.width + random.int(how.width)}`
      const work = 1 + random.int(20)
      const times = Array.from({ length: how.machines }, () => work * (1 + random.int(9)))
      return {
        id: `t${task}`,
        after: layer === 0 ? [] : [...new Set([before(), before()])],
        ...(how.alike ? { work } : { times }),
      }
    }),
  })
}

const first = (planner: Planner, on: Problem): Schedule => firstOf(planner.plan(on, { seed: 1 }))

describe('heft by prices', () => {
  const busy = layers({ layers: 20, width: 40, machines: 6 })

  it('is far shorter than heft where all machines are busy and times differ', () => {
    const start = first(heft, busy)
    const yielded = [...pricedStarts(busy, start)].filter(found => found !== undefined)
    const best = yielded.at(-1) as Schedule
    for (const schedule of yielded) expect(violationsOf(busy, schedule)).toEqual([])
    expect(makespanOf(best)).toBeLessThan(0.9 * makespanOf(start))
  })

  it('leaves alone what is as good, and machines that are alike', () => {
    const best = [...pricedStarts(busy, first(heft, busy))].findLast(found => found !== undefined)
    const again = [...pricedStarts(busy, best as Schedule)]
    expect(again.filter(found => found !== undefined)).toEqual([])
    const alike = layers({ layers: 5, width: 10, machines: 4, alike: true })
    expect([...pricedStarts(alike, first(mct, alike))].filter(Boolean)).toEqual([])
  })

  it('never puts a task on a machine that cannot run it, even where time there is worth nothing', () => {
    const times = (...given: (number | null)[]) => ({ times: given })
    const idle = problem({
      machines: [{ id: 'm0', capacity: { cpu: 3 } }, { id: 'm1' }],
      tasks: [
        { id: 'a', ...times(4, 4) },
        { id: 'b', ...times(4, 4), needs: { cpu: 3, mem: 2 } },
        { id: 'c', ...times(null, 4), after: [{ task: 'a', bytes: 3 }] },
      ],
      network: { bandwidth: 3, latency: 2 },
    })
    const late = { ...first(mct, idle), end: Float64Array.of(99, 99, 99) }
    for (const schedule of pricedStarts(idle, late))
      if (schedule) expect(violationsOf(idle, schedule)).toEqual([])
  })

  it('is what local search begins with', () => {
    const found = localSearch.plan(busy, { seed: 1 })
    let least = Number.POSITIVE_INFINITY
    for (let step = 0; step < 30; step += 1) {
      const { value } = found.next()
      if (value) least = makespanOf(value)
    }
    expect(least).toBeLessThan(0.9 * makespanOf(first(heft, busy)))
  })
})

describe('levelling loads', () => {
  const random = prng(3)
  const many = problem({
    machines: Array.from({ length: 8 }, (_, at) => ({ id: `m${at}` })),
    tasks: Array.from({ length: 4_000 }, (_, at) => {
      const base = 1 + 99 * random.next()
      return {
        id: `t${at}`,
        times: Array.from({ length: 8 }, () => base * (1 + 19 * random.next())),
      }
    }),
  })
  const view = unrelatedOf(many)
  const { value, lambda } = lagrangianBound(many, 60)
  const fullest = (assignment: Int32Array) => Math.max(...loadsOf(view, assignment))

  it('brings thousands of tasks at rough prices to the bound', () => {
    expect(fullest(fillAtPrices(view, { lambda, value }))).toBeLessThan(1.002 * value)
  })

  it('brings a million pairs to the bound within two hundred steps of a search, which tells what it proves', () => {
    const { tasks: some, machines: eight, ...rest } = many
    const machines = Array.from({ length: 40 }, (_, at) => ({ ...eight[0], id: `m${at}` }))
    const tasks = Array.from({ length: 25_001 }, (_, at) => ({ ...some[0], id: `t${at}` }))
    const times = Float64Array.from(
      { length: tasks.length * machines.length },
      () => 1 + random.int(1_000),
    )
    const edges = { ...rest.edges, firstEdge: new Int32Array(tasks.length + 1) }
    const large = { ...rest, tasks, machines, times, edges }
    let proven = 0
    const proved = (bound: number) => {
      proven = Math.max(proven, bound)
    }
    let least = Number.POSITIVE_INFINITY
    const found = localSearch.plan(large, { seed: 1, proved })
    for (let step = 0; step < 200; step += 1) {
      const { value: schedule } = found.next()
      if (schedule) least = makespanOf(schedule)
    }
    expect(proven).toBeGreaterThan(0.98 * combinatorialBound(large).value)
    expect(least).toBeLessThan(1.01 * proven)
  })

  it('never makes an assignment longer, and moves nothing without a reason', () => {
    const { machine } = first(mct, many)
    const levelled = atOnce(levelSteps(view, lambda, { assignment: machine, bound: value }))
    expect(fullest(levelled)).toBeLessThanOrEqual(fullest(machine))
    const bound = fullest(machine)
    expect(atOnce(levelSteps(view, lambda, { assignment: machine, bound }))).toEqual(machine)
  })
})
