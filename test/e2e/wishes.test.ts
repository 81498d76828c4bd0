import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dray, folderWith } from './cli.ts'

/** One slot, so that the order of starts is the order in which items went first. */
const files = {
  'note.mjs': `import { appendFileSync } from 'node:fs'
export default ({ id }) => { appendFileSync('order.txt', id); return { id } }
`,
  'machines.json': '{ "machines": [{ "id": "m0" }] }',
  'items.jsonl': [
    { id: 'a', size: 5, due: '9m' },
    { id: 'b', size: 2, due: '2m', weight: 0.1 },
    { id: 'c', size: 4, weight: 9, priority: 3 },
    { id: 'd', size: 1, due: '2020-01-01T00:00:00Z' },
  ]
    .map(row => `${JSON.stringify(row)}\n`)
    .join(''),
  'job.json': JSON.stringify({
    name: 'wished',
    input: { jsonl: 'items.jsonl', key: 'id' },
    due: { field: 'due' },
    weight: { field: 'weight' },
    priority: { field: 'priority' },
    strategy: 'on-demand',
    stages: [{ name: 's', map: './note.mjs', size: { field: 'size' }, output: { jsonl: 'out' } }],
  }),
}

describe('what items bring for themselves', () => {
  test.each([
    ['fifo', 'abcd'],
    ['edd', 'dbac'],
    ['wspt', 'cdab'],
    ['priority', 'cabd'],
  ])('decides under %s', async (order, expected) => {
    const folder = folderWith(files)
    const words = ['run', 'job.json', '--machines', 'machines.json', '--order', order, '--events']
    const { code, out, err } = await dray(folder, words)
    expect(code, err).toBe(0)
    expect(readFileSync(join(folder, 'order.txt'), 'utf8')).toBe(expected)
    const started = out
      .split('\n')
      .filter(line => line.includes('"started"'))
      .flatMap(line => (JSON.parse(line) as { indexes: number[] }).indexes)
    expect(started.map(index => 'abcd'[index]).join('')).toBe(expected)
  })

  test.each([
    ['weighted-tardiness', 'dbac'],
    ['mean-flow-time', 'dbca'],
    ['makespan', 'abcd'],
  ])('decides under auto for %s before any time is known', async (objective, expected) => {
    const { priority: _, ...wished } = JSON.parse(files['job.json'])
    const job = { ...wished, strategy: 'auto', objective }
    const folder = folderWith({ ...files, 'job.json': JSON.stringify(job) })
    const { code, err } = await dray(folder, ['run', 'job.json', '--machines', 'machines.json'])
    expect(code, err).toBe(0)
    expect(readFileSync(join(folder, 'order.txt'), 'utf8')).toBe(expected)
  })

  test('one that cannot be read fails its item alone and says what was expected', async () => {
    const items = '{"id":"x","due":17}\n{"id":"y"}\n'
    const folder = folderWith({ ...files, 'items.jsonl': items })
    const ended = await dray(folder, ['run', 'job.json', '--machines', 'machines.json'])
    expect(ended.code).toBe(1)
    expect(ended.out + ended.err).toContain('items.jsonl:1: "due" is 17; expected a duration')
    expect(readFileSync(join(folder, 'order.txt'), 'utf8')).toBe('y')
  })

  test('and came too late for is told by run, status and report, and not by run --json', async () => {
    const folder = folderWith(files)
    const ended = await dray(folder, ['run', 'job.json', '--machines', 'machines.json'])
    expect(ended.code, ended.err).toBe(0)
    // d was due years ago; c never is.
    const said = /1 of 3 items ended after it was due, by \d+\sd/
    expect(ended.out + ended.err).toMatch(said)
    expect((await dray(folder, ['status'])).out).toMatch(said)
    const status = JSON.parse((await dray(folder, ['status', '--json'])).out)
    expect(status.due).toMatchObject({ ended: 3, late: 1 })
    expect(status.due.mostSeconds).toBeGreaterThan(1e8)
    const report = await dray(folder, ['report', '--html', 'r.html'])
    expect(report.out).toMatch(said)
    expect(readFileSync(join(folder, 'r.html'), 'utf8')).toMatch(said)
    const again = await dray(folder, ['report', '--html', 'r.html', '--json'])
    expect(JSON.parse(again.out).due).toEqual(status.due)
    const words = ['run', 'job.json', '--machines', 'machines.json', '--fresh', '--json']
    expect(JSON.parse((await dray(folder, words)).out)).not.toHaveProperty('due')
  })

  test('or the run’s own due date: items late of it are counted, through all stages', async () => {
    const slow = 'export default item => new Promise(done => setTimeout(done, 60, item))'
    const map = './slow.mjs'
    const stages = [
      { name: 'a', map, chunk: 1 },
      { name: 'b', map, after: 'a', chunk: 1 },
      { name: 'sum', reduce: './sum.mjs', after: 'b' },
    ]
    const job = { name: 'due', input: { range: { from: 0, to: 8 } }, due: '1ms', stages }
    const sum = 'export default list => list.length'
    const folder = folderWith({ 'slow.mjs': slow, 'sum.mjs': sum, 'due.json': JSON.stringify(job) })
    const ended = await dray(folder, ['run', 'due.json'])
    expect(ended.code, ended.err).toBe(0)
    const said = /8 of 8 items ended after they were due, by [\d.]+ ?m?s at most/
    expect(ended.out + ended.err).toMatch(said)
  })

  test('counts in comparisons, of the job and of its recorded run', async () => {
    const folder = folderWith(files)
    const run = await dray(folder, ['run', 'job.json', '--machines', 'machines.json', '--json'])
    const { run: name } = JSON.parse(run.out) as { run: string }
    for (const subject of [
      ['job.json', '--machines', 'machines.json'],
      ['--run', name],
    ]) {
      const words = ['compare', ...subject, '--strategies', 'mct', '--noise', '0', '--json']
      const { out, err } = await dray(folder, words)
      const { results } = JSON.parse(out) as { results: { meanTardiness: number }[] }
      // The one due in 2020 is late by years, whatever is done.
      expect(results[0].meanTardiness, err).toBeGreaterThan(1e6)
    }
  })

  test('an item is late once, however many stages it goes through', async () => {
    const { stages, ...job } = JSON.parse(files['job.json'])
    const stepwise = [stages[0], { name: 't', map: './note.mjs', after: 's' }]
    const folder = folderWith({
      ...files,
      'job.json': JSON.stringify({ ...job, stages: stepwise }),
    })
    const run = await dray(folder, ['run', 'job.json', '--machines', 'machines.json', '--json'])
    expect(run.code, run.err).toBe(0)
    for (const subject of [
      ['job.json', '--machines', 'machines.json'],
      ['--run', 'wished'],
    ]) {
      const words = ['compare', ...subject, '--strategies', 'mct', '--noise', '0', '--json']
      const { out, err } = await dray(folder, words)
      const [row] = (JSON.parse(out) as { results: Record<string, number>[] }).results
      // Of the four only the one due in 2020 is late, and its weight is 1.
      expect(row.meanTardiness, err).toBeGreaterThan(1e6)
      expect(row.weightedTardiness / (4 * row.meanTardiness)).toBeCloseTo(1, 3)
    }
  })

  test('counts in comparisons of a run whose items were pushed', async () => {
    const library = new URL('../../dist/index.js', import.meta.url).href
    const handler = 'export default item => new Promise(done => setTimeout(done, 20, item))'
    const folder = folderWith({
      'wait.mjs': handler,
      'push.mjs': `import { open } from '${library}'
const dray = await open({ dir: '.dray' })
const fields = { due: { field: 'due' }, weight: { field: 'w' } }
const stages = [{ name: 's', map: './wait.mjs', chunk: 1 }]
const stream = await dray.stream({ name: 'pushed', input: { open: true }, ...fields, stages })
for (let w = 1; w <= 6; w += 1) await stream.push({ w, due: '2020-01-01T00:00:00Z' })
await stream.close()
await dray.close()
`,
    })
    execFileSync(process.execPath, ['push.mjs'], { cwd: folder })
    const words = ['compare', '--run', 'pushed', '--strategies', 'mct', '--json']
    const { out, err } = await dray(folder, words)
    const [row] = (JSON.parse(out) as { results: Record<string, number>[] }).results
    expect(row.meanTardiness, err).toBeGreaterThan(1e6)
    expect(row.weightedTardiness / (6 * row.meanTardiness)).toBeCloseTo(3.5, 1)
  })

  test('is refused where items have no fields', async () => {
    const folder = folderWith(files)
    const ended = await dray(folder, ['run', 'job.json', '--input', 'range:0..3'])
    expect(ended.code).toBe(2)
    expect(ended.err).toContain('due: a number of a range has no fields')
  })
})
