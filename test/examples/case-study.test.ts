import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { placed } from '../../examples/case-study/assignments.ts'
import {
  busyShare,
  everyAssignment,
  type Placed,
  workShare,
} from '../../examples/case-study/assignments.ts'
import { type CaseStudy, caseStudy, printedLoads } from '../../examples/case-study/case-study.ts'
import { openHighs } from '../../src/adapter/solver/highs.ts'
import { loadProblem } from '../../src/input/load-problem.ts'
import { makespanOf } from '../../src/model/schedule.ts'
import { violationsOf } from '../../src/model/validator.ts'

const path = (name: string) =>
  fileURLToPath(new URL(`../../examples/case-study/${name}`, import.meta.url))
const problem = loadProblem(path('case.json'))
const solver = openHighs()
afterAll(() => solver.close())

const places = ({ machine }: Placed) => machine.map(at => `R${at + 1}`).join(' ')
const percent = (share: number) => Number((100 * share).toFixed(1))

let study: CaseStudy
beforeAll(async () => {
  study = await caseStudy(problem, solver)
})

describe('the example of the article', () => {
  it('has 15 loads, work over speed', () => {
    const rounded = [...problem.times].map(load => Number(load.toFixed(2)))
    expect(rounded).toEqual([2.5, 1.67, 1.25, 4, 2.67, 2, 3, 2, 1.5, 5, 3.33, 2.5, 2, 1.33, 1])
  })

  it('has, as printed in section 4.3.1, six of them', () => {
    for (const [task, machine, load] of printedLoads)
      expect(problem.times[task * 3 + machine]).toBeCloseTo(load, 2)
    expect(new Set(printedLoads.map(String)).size).toBe(6)
  })

  it('has the same loads as a matrix', () => {
    const matrix = loadProblem(path('matrix.csv'))
    matrix.times.forEach((time, at) => {
      expect(time).toBeCloseTo(problem.times[at], 12)
    })
  })

  it('puts everything on the fastest machine when each task takes its least load', () => {
    expect(places(study.greedy)).toBe('R3 R3 R3 R3 R3')
    expect(study.greedy.makespan).toBeCloseTo(8.25, 12)
    expect(study.greedy.sum).toBeCloseTo(8.25, 12)
  })

  it('gives the printed assignment a makespan of 4 and a sum of 11.08', () => {
    expect(places(study.printed)).toBe('R3 R1 R3 R2 R3')
    expect(study.printed.makespan).toBeCloseTo(4, 12)
    expect(study.printed.sum).toBeCloseTo(133 / 12, 12)
  })

  it('has no assignment with the printed total of 7', () => {
    expect(study.sums.length).toBe(243)
    expect(study.sums.filter(sum => Math.abs(sum - 7) < 1e-6)).toEqual([])
    expect(Math.min(...study.sums)).toBeCloseTo(8.25, 12)
  })

  it('has no assignment below 4 and six of 243 at 4', () => {
    expect(study.assignments).toBe(243)
    expect(study.optima.map(({ makespan }) => Number(makespan.toFixed(9)))).toEqual(
      Array(6).fill(4),
    )
    expect(new Set(study.optima.map(places)).size).toBe(6)
  })

  it('has one assignment of least makespan and then least sum', () => {
    expect(study.leanest.map(places)).toEqual(['R1 R2 R3 R3 R2'])
    expect(study.leanest[0].sum).toBeCloseTo(10.5, 12)
  })

  it('has a linear program, as printed, whose objective cannot be anything but 33', () => {
    expect(study.total).toBeCloseTo(33, 12)
    expect(study.articleLp.least).toBeCloseTo(33, 6)
    expect(study.articleLp.greatest).toBeCloseTo(33, 6)
  })

  it('has a fractional bound of 33/9, and shares that reach it', () => {
    const { bound, shares } = study.fractional
    expect(bound).toBeLessThanOrEqual(33 / 9)
    expect(bound).toBeCloseTo(33 / 9, 6)
    const load = [0, 0, 0]
    shares.forEach((row, task) => {
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6)
      row.forEach((part, machine) => {
        load[machine] += part * problem.times[task * 3 + machine]
      })
    })
    expect(Math.max(...load)).toBeCloseTo(33 / 9, 6)
  })

  it.each([
    ['met', 8.25],
    ['round-robin', 7.5],
    ['random', 7.24],
    ['mct', 5],
    ['min-min', 5],
    ['on-demand', 4.5],
    ['sufferage', 4.33],
    ['lpt', 4],
    ['max-min', 4],
  ])('%s gives %d', (name, makespan) => {
    const found = study.strategies.find(strategy => strategy.name === name)
    expect(found?.makespan).toBeCloseTo(makespan, 2)
  })

  it('is solved in whole tasks with proof, as the assignment of least sum', () => {
    const { schedule, optimal } = study.milp
    expect(optimal).toBe(true)
    expect(makespanOf(schedule)).toBeCloseTo(4, 12)
    expect(violationsOf(problem, schedule)).toEqual([])
    expect(places(placed(problem, [...schedule.machine]))).toBe('R1 R2 R3 R3 R2')
  })

  it('tells optima apart by busy time and not by work done', () => {
    expect(percent(busyShare(problem, study.printed))).toBe(92.4)
    expect(percent(busyShare(problem, study.leanest[0]))).toBe(87.5)
    expect(study.optima.map(one => percent(workShare(problem, one)))).toEqual(Array(6).fill(91.7))
  })

  it('counts every assignment once', () => {
    expect(new Set(everyAssignment(problem).map(places)).size).toBe(243)
  })
})

describe('examples/case-study/run.js', () => {
  it('prints every line, ending with utilisation', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [path('run.js')])
    for (const line of [
      'T4      5   3.33    2.5',
      'prints 6 of these 15, T5 twice',
      '8.25 in all',
      'R3 R3 R3 R3 R3   makespan 8.25, sum of loads 8.25',
      'R3 R1 R3 R2 R3   makespan 4, sum of loads 11.08',
      'with that sum: 0;',
      'every task on R3, 1.25 2 1.5 2.5 1; printed are\n  1.5 1 2.5 1 1, of which 1 is right',
      'R3 R2 R3 R1 R3 and R2 R1 R2 R1 R3,\n  of makespans 5 and 9',
      'least makespan 4, reached by 6:',
      'with the least sum: R1 R2 R3 R3 R2',
      'least objective 33, greatest 33',
      'C = 3.67 = 33/9',
      'random       7.24 on average',
      'makespan 4, proved optimal',
      '92.4 %   91.7 %',
      '87.5 %   91.7 %',
    ]) {
      expect(stdout).toContain(line)
    }
  })
})

describe('docs/ARTICLE.md', () => {
  const text = readFileSync(
    fileURLToPath(new URL('../../docs/ARTICLE.md', import.meta.url)),
    'utf8',
  )

  it('names only files that are there', () => {
    const named = [...text.matchAll(/`(?:node )?((?:src|examples|test|docs)\/[\w./-]+)`/g)]
    expect(named.length).toBeGreaterThan(60)
    for (const [, file] of named) {
      const place = fileURLToPath(new URL(`../../${file}`, import.meta.url))
      expect(existsSync(place), file).toBe(true)
    }
  })

  it('has a row for each section of the article', () => {
    const rows = new Set(
      [...text.matchAll(/^\| ([\w., ]+?) \|/gm)].flatMap(([, numbers]) => numbers.split(', ')),
    )
    const has = (section: string) =>
      [...rows].some(row => row === section || row === section.split('.')[0])
    const subsections = { 1: 3, 2: 5, 3: 4, 4: 3, 5: 4, 6: 5, 7: 3, 8: 4, 9: 4 }
    for (const [chapter, count] of Object.entries(subsections)) {
      for (let nth = 1; nth <= count; nth += 1) {
        const own = `${chapter}.${nth}`
        const covered = has(own) || [...rows].some(row => row.startsWith(`${own}.`))
        expect(covered, own).toBe(true)
      }
    }
  })
})
