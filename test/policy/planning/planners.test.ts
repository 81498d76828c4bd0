import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadProblem } from '../../../src/input/load-problem.ts'
import type { Problem } from '../../../src/model/problem.ts'
import { makespanOf, type Schedule } from '../../../src/model/schedule.ts'
import { violationsOf } from '../../../src/model/validator.ts'
import type { Planner } from '../../../src/policy/planning/planner.ts'
import { planners } from '../../../src/policy/planning/registry.ts'
import { prng } from '../../../src/std/prng.ts'
import { bruteForceOptimum } from './brute-force.ts'
import { gantt } from './gantt.ts'
import { anyProblem, article, problem } from './problems.ts'

const DATA = '../shared/data'
const hasData = existsSync(DATA)
if (!hasData) console.warn(`${DATA} is absent: tests of the published values are skipped`)

/** The best of the first steps; planners that improve for ever are cut off. */
function plan(planner: Planner, on: Problem, { steps = 3, seed = 1 } = {}): Schedule {
  let best: Schedule | undefined
  for (const found of planner.plan(on, { seed })) {
    if (found !== undefined) best = found
    steps -= 1
    if (steps <= 0 && best !== undefined) break
  }
  if (best === undefined) throw new Error(`${planner.name} ended without a schedule`)
  return best
}

const named = (name: string): Planner => {
  const planner = planners.find(candidate => candidate.name === name)
  if (planner === undefined) throw new Error(`no planner ${name}`)
  return planner
}

const taking = (on: Problem): readonly Planner[] =>
  planners.filter(planner => planner.refuses?.(on) === undefined)

/** Makespans on the article's case, and on the examples of the HEFT and PEFT papers. */
const VALUES = `
  planner      article  topcuoglu  arabnejad
  round-robin  7.5      131        203
  on-demand    4.5      99         117
  min-load     4.5      116        162
  met          8.25     82         188
  mct          5        88         140
  lpt          4        73         124
  min-min      5        76         122
  max-min      4        97         124
  sufferage    4.3333   76         138
  heft         4        80         133
  cpop         4        86         167
  peft         5        85         122`

const rows = VALUES.trim()
  .split('\n')
  .slice(1)
  .map(line => line.trim().split(/\s+/))

/**
 * A fork of b and c (work 4 and 6) from a (2), joined by d (2), and e (6) free from time 1 on; two
 * machines, the second twice as fast, one unit of latency. b needs the first.
 */
const forkJoin = problem({
  machines: [{ id: 'm0' }, { id: 'm1', speed: 2 }],
  network: { latency: 1 },
  tasks: [
    { id: 'a', work: 2 },
    { id: 'b', times: [4, null], after: ['a'] },
    { id: 'c', work: 6, after: ['a'] },
    { id: 'd', work: 2, after: ['b', 'c'] },
    { id: 'e', work: 6, release: 1 },
  ],
})

const GANTTS: Readonly<Record<string, string>> = {
  random: 'm0 aabbbbccccccddeeeeee | m1',
  'round-robin': 'm0 aabbbb.dd | m1 ...ccceee',
  'on-demand': 'm0 aabbbb.dd | m1 ...ccceee',
  'min-load': 'm0 aabbbb | m1 ...ccc.deee',
  met: 'm0 ..bbbb | m1 accc...deee',
  mct: 'm0 ..bbbbdd | m1 accceee',
  lpt: 'm0 aabbbb | m1 .eeecccd',
  'min-min': 'm0 ..bbbbdd | m1 accceee',
  'max-min': 'm0 aabbbb | m1 .eeecccd',
  sufferage: 'm0 aabbbb | m1 .eeecccd',
  heft: 'm0 ..bbbbdd | m1 accceee',
  cpop: 'm0 ..bbbb | m1 accceeed',
  peft: 'm0 ..bbbbdd | m1 accceee',
}

describe('every planner', () => {
  it('has a row of values or a Gantt', () => {
    const covered = new Set([...rows.map(([name]) => name), ...Object.keys(GANTTS)])
    const elsewhere = ['lp-rounding', 'milp', 'local-search', 'portfolio', 'auto']
    const missing = planners.map(({ name }) => name).filter(name => !covered.has(name))
    expect(missing.filter(name => !elsewhere.includes(name))).toEqual([])
  })

  it('has its own name and a source', () => {
    expect(new Set(planners.map(({ name }) => name)).size).toBe(planners.length)
    for (const { source } of planners) expect(source.length).toBeGreaterThan(10)
  })

  it.each(rows)('%s gives %s on the case of the article', (name, makespan) => {
    expect(makespanOf(plan(named(name), article))).toBeCloseTo(Number(makespan), 3)
  })

  it.each(Object.entries(GANTTS))('%s draws %s', (name, drawn) => {
    expect(gantt(forkJoin, plan(named(name), forkJoin))).toBe(drawn)
  })

  it('gives only valid schedules, whatever the problem', () => {
    const problems = anyProblem({ precedence: true, releases: true, needs: true })
    fc.assert(
      fc.property(problems, fc.integer(), (on, seed) => {
        for (const planner of taking(on)) {
          const schedule = plan(planner, on, { seed })
          expect({ by: planner.name, found: violationsOf(on, schedule) }).toEqual({
            by: planner.name,
            found: [],
          })
        }
      }),
      { numRuns: 150 },
    )
  })

  it('cpop keeps the whole critical path on one machine, whatever rounding does to its ranks', () => {
    // 0.1 + (0.2 + 0.3) is not (0.1 + 0.2) + 0.3: by priority the path would go from a to c at once.
    const chain = problem({
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: [
        { id: 'a', times: [0.1, 0.1] },
        { id: 'b', times: [0.3, 0.1], after: ['a'] },
        { id: 'c', times: [0.1, 0.5], after: ['a', 'b'] },
      ],
    })
    expect([...plan(named('cpop'), chain).machine]).toEqual([0, 0, 0])
  })

  it('repeats from its seed', () => {
    fc.assert(
      fc.property(anyProblem({ precedence: true, releases: true }), fc.integer(), (on, seed) => {
        for (const planner of taking(on)) {
          expect(plan(planner, on, { seed })).toEqual(plan(planner, on, { seed }))
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe('random', () => {
  it('averages 7.24 on the case of the article', () => {
    let sum = 0
    for (let seed = 0; seed < 3_000; seed += 1) {
      sum += makespanOf(plan(named('random'), article, { seed }))
    }
    expect(Math.abs(sum / 3_000 - 7.24)).toBeLessThan(0.15)
  })
})

describe('list schedules on identical machines', () => {
  const greedy = ['on-demand', 'min-load', 'mct', 'lpt', 'min-min', 'max-min', 'sufferage', 'heft']

  it('are within 2 - 1/m of the optimum (Graham 1969)', () => {
    fc.assert(
      fc.property(anyProblem({ identical: true, maxTasks: 5 }), on => {
        const limit = bruteForceOptimum(on) * (2 - 1 / on.machines.length)
        for (const name of greedy) {
          expect(makespanOf(plan(named(name), on))).toBeLessThanOrEqual(limit + 1e-9)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('are within 4/3 - 1/(3m) by lpt', () => {
    fc.assert(
      fc.property(anyProblem({ identical: true, maxTasks: 5 }), on => {
        const limit = bruteForceOptimum(on) * (4 / 3 - 1 / (3 * on.machines.length))
        expect(makespanOf(plan(named('lpt'), on))).toBeLessThanOrEqual(limit + 1e-9)
      }),
      { numRuns: 40 },
    )
  })
})

describe('a machine with capacity', () => {
  const shared = (capacity: object, works: readonly number[], needs: object) =>
    problem({
      machines: [{ id: 'm0', capacity }],
      tasks: works.map((work, at) => ({ id: `t${at}`, work, needs })),
    })

  it.each([
    [{ cpu: 4 }, { cpu: 1 }, 5],
    [{ cpu: 2 }, { cpu: 1 }, 6],
    [{ cpu: 4, memory: 1 }, { cpu: 1, memory: 1 }, 12],
  ])('of %j runs tasks of %j side by side, in %d', (capacity, needs, makespan) => {
    const on = shared(capacity, [5, 4, 2, 1], needs)
    for (const name of ['lpt', 'heft', 'max-min']) {
      expect(makespanOf(plan(named(name), on))).toBe(makespan)
    }
  })

  it('takes each task at the first instant at which it fits for as long as it takes', () => {
    const capacity = { cpu: 8, memory: 64 }
    const draw = prng(7)
    const tasks = Array.from({ length: 250 }, (_, at) => ({
      id: `t${at}`,
      work: 1 + draw.int(20),
      needs: { cpu: 1 + draw.int(4), memory: 1 + draw.int(20) },
    }))
    const { start } = plan(named('mct'), problem({ machines: [{ id: 'm0', capacity }], tasks }))
    const used: { cpu: number; memory: number }[] = []
    tasks.forEach(({ work, needs }, task) => {
      const during = (from: number) =>
        Array.from({ length: work }, (_, at) => (used[from + at] ??= { cpu: 0, memory: 0 }))
      const fits = (from: number) =>
        during(from).every(({ cpu, memory }) => cpu + needs.cpu <= 8 && memory + needs.memory <= 64)
      let first = 0
      while (!fits(first)) first += 1
      expect(start[task], `t${task}`).toBe(first)
      for (const held of during(first)) {
        held.cpu += needs.cpu
        held.memory += needs.memory
      }
    })
  })
})

describe.skipIf(!hasData)('published values', () => {
  it.each([
    ['topcuoglu2002-fig2', 2],
    ['arabnejad2014-fig2', 3],
  ])('are met on %s', (file, column) => {
    const on = loadProblem(`${DATA}/problems/textbook/${file}.json.gz`)
    const found = rows.map(([name]) => [name, String(makespanOf(plan(named(name), on)))])
    expect(found).toEqual(rows.map(row => [row[0], row[column]]))
  })

  const columns = ['on-demand', 'met', 'mct', 'lpt', 'min-min', 'max-min', 'sufferage']
  const known = hasData
    ? readFileSync(`${DATA}/matrices/best_known.csv`, 'utf8').trim().split(/\r?\n/).slice(1)
    : []
  it.each(known.map(line => line.split(',')))('are met to the digit on %s', (file, ...cells) => {
    const on = loadProblem(`${DATA}/matrices/${file}`)
    const found = columns.map(name => [name, makespanOf(plan(named(name), on)).toFixed(1)])
    expect(found).toEqual(columns.map((name, at) => [name, cells[5 + at]]))
  })

  const folder = `${DATA}/problems/wfinstances`
  const workflows = hasData ? readdirSync(folder).filter(file => file.endsWith('.json.gz')) : []
  it.each(workflows)('of heft, peft and cpop are within 1 %% on %s', file => {
    const on = loadProblem(`${folder}/${file}`)
    const { reference } = JSON.parse(gunzipSync(readFileSync(`${folder}/${file}`)).toString())
    // Files that lost their dependencies are easier than what the reference was computed on.
    const least = on.edges.from.length === 0 ? 0 : 0.99
    for (const [name, value] of [
      ['heft', reference.HEFT],
      ['peft', reference.PEFT],
      ['cpop', reference.CPoP],
    ]) {
      const ratio = makespanOf(plan(named(name), on)) / value
      expect(ratio, name).toBeGreaterThanOrEqual(least)
      if (least > 0) expect(ratio, name).toBeLessThanOrEqual(1.01)
    }
  })
})
