import { describe, expect, test } from 'vitest'
import type { MachinesView } from '../../src/policy/allocation/allocation.ts'
import { aliases, allocationNamed, allocations, orders } from '../../src/policy/registry.ts'
import { simulateProblem } from '../../src/sim/simulate.ts'
import { NEVER } from '../../src/std/time.ts'
import { ganttOf, lines, problemOf } from './gantt.ts'

/**
 * Each allocation by tables and by a Gantt chart. In a table a row is a machine, `<-` the one that is
 * chosen; columns that are left out are 0 (slots 1), a machine is offered unless it says `no`.
 */
const tables: Readonly<Record<string, readonly string[]>> = {
  random: [
    `offers are equally likely: chance=0.66
     machine offered
     m0      yes
     m1      yes     <-
     m2      yes`,
    `what is not offered is never chosen: chance=0.99
     machine offered
     m0      yes
     m1      yes     <-
     m2      no`,
  ],
  'round-robin': [
    `the turn goes round: turn=4
     machine offered
     m0      yes
     m1      yes     <-
     m2      yes`,
    `who is not offered is passed over: turn=4
     machine offered
     m0      yes
     m1      no
     m2      yes     <-`,
  ],
  'on-demand': [
    `an idle machine takes it, however slow
     machine load takes
     m0      1    1
     m1      0    9     <-
     m2      0    1`,
    `with slots to spare, the emptiest
     machine load slots
     m0      3    4
     m1      1    2     <-
     m2      5    8`,
  ],
  'least-loaded': [
    `fewest attempts a slot
     machine load slots takes
     m0      2    1     1
     m1      3    2     9     <-
     m2      5    3     1`,
  ],
  met: [
    `the fastest for this task, however long its queue
     machine takes free
     m0      5     0
     m1      2     99    <-
     m2      3     0`,
    `ties go to the first
     machine takes
     m0      3
     m1      2     <-
     m2      2`,
  ],
  'min-load': [
    `least work given so far, before this task
     machine assigned takes
     m0      7        1
     m1      5        9     <-
     m2      6        1`,
    `a machine of two slots carries twice as much
     machine assigned slots
     m0      7        1
     m1      10       2     <-`,
  ],
  mct: [
    `the machine that would finish it first
     machine free takes
     m0      0    9
     m1      2    4     <-
     m2      5    3`,
    `where it can never run it is not offered
     machine free takes offered
     m0      0    9     yes     <-
     m1      0    1     no`,
  ],
  'power-of-two': [
    `of the two drawn the less loaded: chance=0.9
     machine load
     m0      0
     m1      1     <-
     m2      2
     m3      3`,
    `the first drawn when both are as loaded: chance=0.4
     machine load
     m0      2
     m1      2     <-
     m2      1`,
    `by attempts a slot: chance=0.4
     machine load slots
     m0      4    4     <-
     m1      2    1
     m2      0    1`,
    `only what is offered is drawn: chance=0.6
     machine load offered
     m0      5    yes
     m1      0    no
     m2      4    yes     <-
     m3      0    no`,
    `the only one offered: chance=0.99
     machine load offered
     m0      0    no
     m1      9    yes     <-`,
  ],
  'best-fit': [
    `the machine left with the least room: needs=2,0
     machine cpu gpu
     m0      8/8 0/0
     m1      3/8 0/0     <-
     m2      4/4 0/0`,
    `a plain task keeps off the free GPU, though its CPUs would fit: needs=2,0
     machine cpu gpu
     m0      2/8 1/1
     m1      6/8 0/0     <-`,
    `a task for the GPU goes to the one with fewer of them: needs=1,1
     machine cpu gpu
     m0      4/8 4/4
     m1      4/8 2/4     <-`,
    `squares: room in one lump is worse than the same in two: needs=0,0
     machine cpu  gpu
     m0      8/10 0/10
     m1      4/10 4/10     <-`,
    `ties go to the fastest: needs=1,0
     machine cpu takes
     m0      4/4 9
     m1      4/4 3     <-
     m2      4/4 3`,
    `only what is offered: needs=1,0
     machine cpu offered
     m0      1/4 no
     m1      4/4 yes     <-`,
  ],
  cheapest: [
    `the least money of those in time: due=10
     machine free takes cost
     m0      0    2     9
     m1      0    8     1     <-
     m2      5    6     0`,
    `money is per second: a dear machine that is fast enough is the cheaper one: due=10
     machine free takes cost
     m0      0    8     2
     m1      0    3     5     <-`,
    `at equal cost the one that ends it first: due=20
     machine free takes cost
     m0      0    4     2
     m1      0    2     4     <-`,
    `none in time: the one that ends it first, whatever it costs: due=3
     machine free takes cost
     m0      0    4     9     <-
     m1      0    8     1
     m2      2    3     0`,
    `without a due date where it costs least
     machine free takes cost
     m0      0    1     9
     m1      99   8     1     <-`,
  ],
  'setup-aware': [
    `an idle machine that holds the model, if it would end first
     machine takes setup
     m0      4     2
     m1      3     0     <-`,
    `at equal ends the one that holds it
     machine takes setup
     m0      3     2
     m1      3     0     <-`,
    `loads on a fast machine rather than run on a slow one that holds it
     machine takes setup
     m0      4     2     <-
     m1      9     0`,
    `waits while those that hold it will be through no later: resident=6
     machine takes setup
     m0      6     5
     m1      7     5`,
    `loads once they would take longer: resident=7
     machine takes setup
     m0      6     5     <-
     m1      7     5`,
    `not where other models have tasks waiting: resident=50
     machine takes setup wanted
     m0      6     5     1
     m1      7     5     0     <-`,
    `where nobody holds it, it must be loaded somewhere
     machine takes setup wanted
     m0      6     5     1     <-`,
  ],
  planned: [
    `the machine the plan names: planned=2
     machine free takes
     m0      0    1
     m1      0    1
     m2      9    9     <-`,
    `if that is not there, the one that would finish it first: planned=2
     machine free takes offered
     m0      0    3     yes
     m1      0    2     yes     <-
     m2      0    1     no`,
  ],
}

/** Works 8 4 12 4 8 16 on machines of speed 1, 2 and 4. */
const gantts: Readonly<Record<string, string>> = {
  random: `
    m0 ffffffffffffffff
    m1 bbccccccdd
    m2 aaee`,
  'round-robin': `
    m0 aaaaaaaadddd
    m1 bbeeee
    m2 cccffff`,
  'on-demand': `
    m0 aaaaaaaa
    m1 bbddffffffff
    m2 cccee`,
  'least-loaded': `
    m0 aaaaaaaadddd
    m1 bbeeee
    m2 cccffff`,
  met: `
    m0
    m1
    m2 aabcccdeeffff`,
  'min-load': `
    m0 aaaaaaaa
    m1 bbddffffffff
    m2 cccee`,
  mct: `
    m0 dddd
    m1 bbeeee
    m2 aacccffff`,
  'power-of-two': `
    m0 eeeeeeeeffffffffffffffff
    m1 bbcccccc
    m2 aad`,
  'best-fit': `
    m0 cccccccccccc
    m1 bbeeee
    m2 aadffff`,
  cheapest: `
    m0 dddd
    m1 bbeeee
    m2 aacccffff`,
  'setup-aware': `
    m0 cccccccccccc
    m1 bbeeee
    m2 aadffff`,
  planned: `
    m0 dddd
    m1 bbeeee
    m2 aacccffff`,
}

describe('each allocation is in the tables', () => {
  test.each(allocations.map(({ name }) => name))('%s', name => {
    expect(tables[name]?.length ?? 0).toBeGreaterThan(0)
    expect(gantts[name]).toBeDefined()
  })
})

describe('which machine', () => {
  for (const { name, choose, mayWait } of allocations) {
    for (const table of tables[name] ?? []) {
      const { title, view, chosen } = parsed(table)
      test(`${name}: ${title}`, () => {
        expect(choose(view)).toBe(chosen)
      })
    }
    test(`${name}: nothing offered, nothing chosen`, () => {
      const { view } = parsed(`none\n machine offered\n m0 no\n m1 no`)
      expect(choose(view)).toBe(-1)
    })
    test(`${name}: of one machine it ${mayWait ? 'may wait for another' : 'takes that one'}`, () => {
      const views = (tables[name] ?? []).flatMap(table => eachAlone(parsed(table).view))
      const waits = views.some(view => choose(view) !== view.first)
      expect(waits).toBe(mayWait === true)
    })
  }
})

/** A view for each machine in which nothing else is offered. */
function eachAlone(view: MachinesView): MachinesView[] {
  return Array.from({ length: view.count }, (_, first) => {
    const offered = new Uint8Array(view.count)
    offered[first] = 1
    return { ...view, offered, first, end: first + 1 }
  })
}

describe('a schedule of six tasks on machines of speed 1, 2 and 4', () => {
  const problem = problemOf([8, 4, 12, 4, 8, 16], [1, 2, 4])
  test.each(allocations.map(({ name }) => name))('%s', name => {
    const { schedule } = simulateProblem(problem, { strategy: name, seed: 1 })
    expect(lines(ganttOf(problem, schedule))).toBe(lines(gantts[name]))
  })
})

describe('names', () => {
  test('are unique, and an alias leads to one that exists', () => {
    const names = [...allocations, ...orders].map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const [alias, name] of Object.entries(aliases)) {
      expect(names).toContain(name)
      expect(names).not.toContain(alias)
    }
    expect(allocationNamed('eft')?.name).toBe('mct')
    expect(allocationNamed('no-such')).toBeUndefined()
  })

  test('every allocation says where it is from', () => {
    for (const { source } of [...allocations, ...orders]) expect(source.length).toBeGreaterThan(10)
  })
})

function parsed(table: string): { title: string; view: MachinesView; chosen: number } {
  const [title, header, ...rows] = lines(table).split('\n')
  const names = header.split(/\s+/)
  const cells = rows.map(row => row.split(/\s+/))
  const column = (name: string, otherwise: number): Float64Array =>
    Float64Array.from(cells, row =>
      names.includes(name) ? Number(row[names.indexOf(name)]) : otherwise,
    )
  const option = (name: string, otherwise: number): number =>
    Number(new RegExp(`${name}=([\\d.]+)`).exec(title)?.[1] ?? otherwise)
  /** `cpu` and `gpu` are written as free/capacity. */
  const vector = (row: readonly string[], part: 0 | 1): Float64Array =>
    Float64Array.from(['cpu', 'gpu'], name =>
      names.includes(name) ? Number(row[names.indexOf(name)].split('/')[part]) : 0,
    )
  return {
    title,
    chosen: cells.findIndex(row => row.at(-1) === '<-'),
    view: {
      count: rows.length,
      now: 0,
      offered: Uint8Array.from(cells, row =>
        names.includes('offered') && row[names.indexOf('offered')] === 'no' ? 0 : 1,
      ),
      first: 0,
      end: cells.length,
      processing: column('takes', 1),
      freeAt: column('free', 0),
      assignedWork: column('assigned', 0),
      load: column('load', 0),
      slots: column('slots', 1),
      turn: option('turn', 0),
      chance: option('chance', 0),
      planned: option('planned', -1),
      cost: column('cost', 0),
      dueAt: option('due', NEVER),
      needs: Float64Array.from(/needs=([\d,]+)/.exec(title)?.[1].split(',') ?? [], Number),
      free: cells.map(row => vector(row, 0)),
      capacity: cells.map(row => vector(row, 1)),
      setup: column('setup', 0),
      wanted: Uint8Array.from(column('wanted', 0)),
      residentAt: option('resident', Number.POSITIVE_INFINITY),
    },
  }
}
