import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, folderWith, lines, noting, ran } from './harness.ts'

/** Stages that fork: each branch takes every item, under its own key. */

let folder: Folder
const keys = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6']
const rows = (ids: readonly string[]) => ids.map(id => `${JSON.stringify({ id })}\n`).join('')
const branch = (name: string) =>
  noting('return item').replace('ctx.key +', `'${name} ' + ctx.key +`)

beforeAll(async () => {
  folder = folderWith({
    'job.yaml': `
name: branches
input: { jsonl: rows.jsonl, key: id }
stages:
  - { name: stem, map: ./stem.mjs }
  - { name: left, map: ./left.mjs, after: stem, output: { each: 'left/{key}.json' } }
  - { name: right, map: ./right.mjs, after: stem, output: { jsonl: right.jsonl } }
  - { name: twig, map: ./twig.mjs, after: right, output: { jsonl: twig.jsonl } }
  - { name: both, reduce: ./both.mjs, after: [left, twig] }
`,
    'rows.jsonl': rows(keys),
    ...Object.fromEntries(
      ['stem', 'left', 'right', 'twig'].map(name => [`${name}.mjs`, branch(name)]),
    ),
    'both.mjs': 'export default items => items.length\n',
  })
  const ended = await folder.dray('run', 'job.yaml')
  expect(ended.code, ended.err).toBe(0)
})
afterAll(() => folder.remove())

test('every branch writes each item under its key', () => {
  for (const file of ['right.jsonl', 'twig.jsonl'])
    expect(lines(folder.read(file)).map(line => (JSON.parse(line) as { key: string }).key)).toEqual(
      keys,
    )
  for (const key of keys) expect(folder.has(`left/${key}.json`)).toBe(true)
})

test('a new item runs through every branch, and no other item does', async () => {
  folder.write('ran.txt', '')
  folder.write('rows.jsonl', rows([...keys, 'k7']))
  const ended = await folder.dray('run', 'job.yaml')
  expect(ended.code, ended.err).toBe(0)
  expect(ran(folder).sort()).toEqual(['left k7', 'right k7', 'stem k7', 'twig k7'])
})
