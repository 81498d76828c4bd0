import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Folder, folderWith, lines } from './harness.ts'

/** An output never takes the place of what the job is made from, nor lands where its folder does not reach. */

let folder: Folder
afterEach(() => folder.remove())

const handler = 'export default item => item\n'
const job = (output: string, returns = '') => `
name: clobber
input: { range: { from: 0, to: 2 } }
stages:
  - { name: only, map: ./handle.mjs, ${returns} output: ${output} }
`

test.each([
  ['its handler', '{ jsonl: handle.mjs }', 'handle.mjs'],
  ['the job file', '{ csv: ./job.yaml }', 'job.yaml'],
  ['its schema', '{ jsonl: schema.json }', 'schema.json'],
])('an output over %s exits 2 and leaves the file', async (_name, output, file) => {
  folder = folderWith({
    'handle.mjs': handler,
    'schema.json': '{}',
    'job.yaml': job(output, 'returns: ./schema.json,'),
  })
  const before = folder.read(file)
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code, err).toBe(2)
  expect(err).toContain('stages[0].output')
  expect(err).toContain(file)
  expect(folder.read(file)).toBe(before)
})

test.each(['handle.mjs', 'rows.jsonl'])('map -o over %s exits 2 and leaves it', async file => {
  folder = folderWith({ 'handle.mjs': handler, 'rows.jsonl': '{"n":1}\n' })
  const before = folder.read(file)
  const { code, err } = await folder.dray('map', './handle.mjs', 'rows.jsonl', '-o', file)
  // A module's ending is no output's: either refusal will do.
  expect(code, err).toBe(2)
  expect(err).toContain(file)
  expect(folder.read(file)).toBe(before)
})

test('a file is not written over by its own result: the item fails before it is worked on', async () => {
  folder = folderWith({
    'handle.mjs': "export default () => 'written'\n",
    'in/a.txt': 'a',
    'in/b.md': 'b',
    'job.yaml': job("{ each: 'in/{name}.txt' }").replace(
      '{ range: { from: 0, to: 2 } }',
      "{ files: 'in/*' }\ntolerate: { failed: 1 }",
    ),
  })
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code, err).toBe(0)
  expect(folder.read('in/a.txt')).toBe('a')
  expect(folder.read('in/b.txt')).toBe('written')
  const { out } = await folder.dray('results', '--failed')
  expect(lines(out)).toHaveLength(1)
  expect(out).toContain('would be written over it')
})

test('a link out of the output folder, and a name no disk takes, fail their items before they are worked on', async () => {
  folder = folderWith({
    'handle.mjs':
      "import { writeFileSync } from 'node:fs'\nexport default ({ id }) => { writeFileSync(new URL('./ran-' + id[0], import.meta.url), ''); return 1 }\n",
    'rows.jsonl': ['good', 'link/escape', `x${'y'.repeat(300)}`]
      .map(id => `${JSON.stringify({ id })}\n`)
      .join(''),
    'out/keep.txt': '',
    'outside/keep.txt': '',
    'job.yaml': job("{ each: 'out/{key}.json' }").replace(
      '{ range: { from: 0, to: 2 } }',
      '{ jsonl: rows.jsonl, key: id }\ntolerate: { failed: 2 }',
    ),
  })
  symlinkSync(join(folder.path, 'outside'), join(folder.path, 'out/link'))
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code, err).toBe(0)
  expect(['ran-g', 'ran-l', 'ran-x'].filter(name => folder.has(name))).toEqual(['ran-g'])
  expect(folder.has('outside/escape.json')).toBe(false)
  const { out } = await folder.dray('results', '--failed')
  expect(out).toContain('symbolic link')
  expect(out).toContain('306 bytes')
})
