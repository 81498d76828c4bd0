import { describe, expect, test } from 'vitest'
import type { MachinesView } from '../../src/policy/allocation/allocation.ts'
import { aliases, allocationNamed, allocations, orders } from '../../src/policy/registry.ts'
import { simulateProblem } from '../../src/sim/simulate.ts'
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
  for (const { name, choose } of allocations) {
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
  }
})

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
  return {
    title,
    chosen: cells.findIndex(row => row.at(-1) === '<-'),
    view: {
      count: rows.length,
      now: 0,
      offered: Uint8Array.from(cells, row =>
        names.includes('offered') && row[names.indexOf('offered')] === 'no' ? 0 : 1,
      ),
      processing: column('takes', 1),
      freeAt: column('free', 0),
      assignedWork: column('assigned', 0),
      load: column('load', 0),
      slots: column('slots', 1),
      turn: option('turn', 0),
      chance: option('chance', 0),
      planned: option('planned', -1),
    },
  }
}
