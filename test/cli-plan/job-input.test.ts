import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drayIn } from './dray.ts'

let folder = ''
const dray = (...words: string[]) => drayIn(folder, words)

/** What `plan` said as soon as the times were learnt. */
let learnt: { changedStages?: string[] }

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-job-input-'))
  const stages = 'stages:\n  - { name: wait, map: ./wait.mjs }\n'
  const input = 'input: { range: { from: 0, to: 12 } }\nparams: { ms: 4 }\n'
  writeFileSync(join(folder, 'fresh.yaml'), `name: fresh\n${input}${stages}`)
  writeFileSync(
    join(folder, 'job.yaml'),
    `name: demo\n${input}objective: mean-flow-time\nstrategy: mct\n${stages}`,
  )
  writeFileSync(
    join(folder, 'wait.mjs'),
    'export default (item, ctx) => new Promise(done => setTimeout(done, ctx.params.ms + 6 * (item % 3), item))\n',
  )
  const machines = [
    { id: 'quick', speed: 1, slots: 2, cost: 3 },
    { id: 'slow', speed: 0.5, slots: 1, cost: 1 },
  ]
  writeFileSync(join(folder, 'machines.json'), JSON.stringify({ machines }))
  const probed = dray('plan', 'job.yaml', '--probe', '12', '--time-limit', '0', '--json')
  if (probed.status !== 0) throw new Error(probed.stderr)
  learnt = JSON.parse(probed.stdout)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a job file given to simulate and compare', { timeout: 120_000 }, () => {
  test.each(['simulate', 'compare'])(
    '%s refuses a job of unknown times and names the command that learns them',
    command => {
      const { status, stderr, stdout } = dray(command, 'fresh.yaml')
      expect(status).toBe(2)
      expect(stdout).toBe('')
      expect(stderr).toContain('the times of fresh are unknown')
      expect(stderr).toContain('dray plan fresh.yaml --probe 10')
    },
  )

  test('an input without items is refused, whatever times are known', () => {
    writeFileSync(join(folder, 'none.jsonl'), '')
    for (const command of ['simulate', 'compare']) {
      const { status, stderr } = dray(command, 'job.yaml', '--input', 'none.jsonl')
      expect(status).toBe(2)
      expect(stderr).toContain('none.jsonl: empty; expected at least one item')
    }
  })

  test('simulate runs it with the times that were learnt, under its own strategy', () => {
    const { status, stdout, stderr } = dray('simulate', 'job.yaml', '--json')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const row = JSON.parse(stdout)
    expect(row).toMatchObject({
      strategy: 'mct',
      seed: 1,
      completions: 12,
      errorRate: 0,
      job: 'demo',
      items: 12,
      times: 'learnt',
    })
    expect(row.noise).toBeGreaterThan(0)
    // Twelve sleeps of 4, 10 or 16 ms are 120 ms of work; nothing learnt makes them less.
    const busy = row.assignments.reduce(
      (sum: number, { start, end }: { start: number; end: number }) => sum + end - start,
      0,
    )
    expect(busy).toBeGreaterThan(0.08)
    expect(row.makespan).toBeGreaterThanOrEqual(row.lowerBound)
  })

  test('--input and --param change the job, --noise 0 takes its times as exact', () => {
    const words = ['--input', 'range:0..5', '--param', 'ms=9', '--noise', '0', '--json']
    const { stdout } = dray('simulate', 'job.yaml', ...words)
    expect(JSON.parse(stdout)).toMatchObject({ items: 5, completions: 5, noise: 0 })
    const wrong = dray('simulate', 'job.yaml', '--param', 'mss=9')
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('did you mean "ms"')
  })

  test('times that were learnt of other code or params are a first guess, and it says so', () => {
    const words = ['job.yaml', '--param', 'ms=9']
    const { stdout } = dray('plan', ...words, '--time-limit', '0', '--json')
    const said =
      'times of wait were learnt of other code, loads or params: they count as a first guess'
    expect([learnt, JSON.parse(stdout)].map(plan => plan.changedStages)).toEqual([
      undefined,
      ['wait'],
    ])
    expect(dray('simulate', ...words).stdout).toContain(said)
    expect(dray('simulate', 'job.yaml').stdout).not.toContain('other code')
  })

  test('--machines gives it other machines, a slot each, with their prices', () => {
    const words = ['--machines', 'machines.json', '--noise', '0', '--strategy', 'met', '--json']
    const row = JSON.parse(dray('simulate', 'job.yaml', ...words).stdout)
    expect(row.slots).toBe(3)
    const busy = row.assignments.reduce(
      (sum: number, { start, end }: { start: number; end: number }) => sum + end - start,
      0,
    )
    expect(row.cost).toBeCloseTo(busy * 3, 6)
  })

  test('compare ranks by the objective of the job, and by another that is asked for', () => {
    const words = ['--machines', 'machines.json', '--strategies', 'met,mct,cheapest,auto']
    const brief = [...words, '--time-limit', '100ms', '--json']
    const own = JSON.parse(dray('compare', 'job.yaml', ...brief).stdout)
    expect(own.objective).toBe('mean-flow-time')
    expect(own.results.map((row: { strategy: string }) => row.strategy)).toEqual([
      'met',
      'mct',
      'cheapest',
      'auto',
    ])
    const cost = JSON.parse(dray('compare', 'job.yaml', ...brief, '--objective', 'cost').stdout)
    const auto = cost.results.find((row: { strategy: string }) => row.strategy === 'auto')
    for (const row of cost.results) expect(auto.cost).toBeLessThanOrEqual(row.cost + 1e-9)
    expect(auto.why).toContain('least cost')
    const table = dray('compare', 'job.yaml', ...words, '--time-limit', '100ms').stdout
    expect(table).toContain('best first by mean flow time')
  })

  test('several seeds meet the noise that was learnt', () => {
    const words = ['--strategies', 'mct,met', '--seeds', '3', '--json']
    const { results, noise } = JSON.parse(dray('compare', 'job.yaml', ...words).stdout)
    expect(noise).toBeGreaterThan(0)
    expect(results[0].intervals.meanFlowTime).toHaveLength(2)
  })

  test('it may be TypeScript, JSON or a folder with one', () => {
    const job = {
      name: 'demo',
      input: { range: { from: 0, to: 6 } },
      params: { ms: 4 },
      stages: [{ name: 'wait', map: '../wait.mjs' }],
    }
    mkdirSync(join(folder, 'inside'))
    writeFileSync(join(folder, 'inside/job.ts'), `export default ${JSON.stringify(job)} as const\n`)
    writeFileSync(join(folder, 'inside/other.json'), JSON.stringify(job))
    for (const path of ['inside/job.ts', 'inside/other.json', 'inside']) {
      const words = ['simulate', path, '--strategy', 'mct', '--noise', '0', '--json']
      expect(JSON.parse(dray(...words).stdout)).toMatchObject({ job: 'demo', completions: 6 })
    }
  })

  test('flags of jobs are refused beside a problem', () => {
    writeFileSync(join(folder, 'case.csv'), '1,2\n3,4\n')
    for (const command of ['plan', 'simulate', 'compare']) {
      const { status, stderr } = dray(command, 'case.csv', '--input', 'range:0..3')
      expect(status).toBe(2)
      expect(stderr).toContain('--input is for job files')
    }
  })
})

describe('--objective', { timeout: 120_000 }, () => {
  test.each(['plan', 'simulate', 'compare'])(
    '%s refuses an unknown one by its nearest',
    command => {
      const { status, stderr } = dray(command, 'machines.json', '--objective', 'costs')
      expect(status).toBe(2)
      expect(stderr).toContain('--objective costs: no such objective; did you mean "cost"?')
    },
  )

  test('plan prints the value under it, and what nothing can be below', () => {
    const problem = {
      machines: [
        { id: 'dear', speed: 2, cost: 5 },
        { id: 'cheap', cost: 1 },
      ],
      tasks: [
        { id: 'a', work: 4 },
        { id: 'b', work: 2 },
      ],
    }
    writeFileSync(join(folder, 'prices.json'), JSON.stringify(problem))
    const words = ['plan', 'prices.json', '--objective', 'cost']
    const { stdout } = dray(...words, '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      objective: 'cost',
      value: 6,
      valueBound: 6,
      makespan: 6,
    })
    expect(dray(...words).stdout).toContain('cost 6, the least there is')
    const simulated = JSON.parse(dray('simulate', ...words.slice(1), '--json').stdout)
    expect(simulated.cost).toBe(6)
  })

  test('a price that nobody gave is a dash, not a 0', () => {
    writeFileSync(join(folder, 'free.csv'), '1,2\n3,4\n')
    const table = dray('compare', 'free.csv', '--strategies', 'met').stdout
    const lines = table.split('\n')
    const titles = lines.find(line => line.startsWith('strategy')) ?? ''
    const row = lines.find(line => /^met +\d/.test(line)) ?? ''
    const at = titles.indexOf('cost')
    expect(row.slice(at, at + 4).trim()).toBe('-')
    const priced = dray('compare', 'prices.json', '--strategies', 'met').stdout
    // Both on the dear machine: 2 + 1 units at 5.
    expect(priced).toMatch(/met .* 15 /)
  })
})

test('groups are as many as in the last run, a tree has all its nodes, and before any run groups are unknown', () => {
  writeFileSync(join(folder, 'kind.mjs'), 'export default item => ({ kind: item % 3 })\n')
  writeFileSync(join(folder, 'many.mjs'), 'export default parts => ({ many: parts.length })\n')
  const stages = [
    { name: 'kinds', map: './kind.mjs' },
    { name: 'groups', reduce: './many.mjs', by: 'kind' },
    { name: 'all', reduce: './many.mjs', gather: { tree: 4 }, after: 'kinds' },
  ]
  const job = { name: 'grouped', input: { range: { from: 0, to: 10 } }, stages }
  writeFileSync(join(folder, 'grouped.json'), JSON.stringify(job))
  const plan = (...flags: string[]) => dray('plan', 'grouped.json', ...flags).stdout
  const counts = () => JSON.parse(plan('--json')).stages.map((at: { items: unknown }) => at.items)
  expect(counts()).toEqual([10, null, 4])
  expect(plan()).toContain('kinds 10, groups ?, all 4;')
  expect(plan('--probe', '10')).toContain('groups: how many groups there are shows when it runs')
  expect(dray('run', 'grouped.json', '--quiet').status).toBe(0)
  expect(counts()).toEqual([10, 3, 4])
  expect(plan()).toContain('kinds 10, groups 3, all 4;')
})
