import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, folderWith } from './harness.ts'

/** What a reduce stage makes of everything is an item of its own: its counts, its key, its reasons. */

let folder: Folder
let events: string
beforeAll(async () => {
  folder = folderWith({
    'jobs/handle.mjs': 'export default (item, ctx) => { ctx.log(ctx.key); return item }\n',
    'jobs/sum.mjs': 'export default xs => xs.reduce((sum, x) => sum + x, 0)\n',
    'jobs/job.yaml': `
name: whole
input: { range: { from: 0, to: 40 } }
stages:
  - { name: each, map: ./handle.mjs }
  - { name: sum, reduce: ./sum.mjs, gather: { tree: 4 }, output: { jsonl: sum.jsonl } }
`,
  })
  symlinkSync(join(folder.path, 'jobs/job.yaml'), join(folder.path, 'link.yaml'))
  const ended = await folder.dray('run', 'link.yaml', '--events')
  expect(ended.code, ended.err).toBe(0)
  events = ended.out
})
afterAll(() => folder.remove())

test('a job named by a link finds its files beside the job itself', () => {
  expect(folder.has('jobs/sum.jsonl')).toBe(true)
})

test('a tree counts all its nodes, everywhere alike', async () => {
  const { items, stages } = JSON.parse((await folder.dray('status', '--json')).out) as {
    items: { total: number }
    stages: { total: number; done: number }[]
  }
  expect(stages.map(({ total, done }) => [total, done])).toEqual([
    [40, 40],
    [14, 14],
  ])
  expect(items.total).toBe(54)
  folder.write('jobs/job.yaml', folder.read('jobs/job.yaml').replace('to: 40', 'to: 41'))
  const more = await folder.dray('run', 'link.yaml')
  expect(more.err).toContain('54 of 54 items are done')
})

test('events tell of each level of a tree by its number', () => {
  type Said = { event: string; stage: string; level?: number; total: number }
  const said = events.trim().split('\n')
  const ends = said.map(line => JSON.parse(line) as Said).filter(({ event }) => event === 'stage')
  expect(ends.map(({ stage, level, total }) => [stage, level, total])).toEqual([
    ['each', undefined, 40],
    ['sum', 1, 10],
    ['sum', 2, 3],
    ['sum', 3, 1],
  ])
})

test('its result has the key of a whole, by which why and logs find it', async () => {
  const key = '{"index":0,"key":"all","result":820}\n'
  expect(folder.read('jobs/sum.jsonl')).toBe(key)
  expect((await folder.dray('results')).out).toBe(key)
  const { out } = await folder.dray('why', 'whole', 'all')
  expect(out).toMatch(/^all of .*\n {2}sum: done: /)
  expect((await folder.dray('logs', 'whole', 'all')).err).toContain('nothing was printed')
  const stray = await folder.dray('why', 'whole', '7', '--stage', 'sum')
  expect(stray.code).toBe(2)
  expect(stray.err).toContain('7 is no item of stage sum')
})
