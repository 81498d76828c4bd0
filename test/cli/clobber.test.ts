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
    'in/a.md': 'a',
    'in/b.txt': 'b',
    'job.yaml': job("{ each: 'in/{name}.txt' }").replace(
      '{ range: { from: 0, to: 2 } }',
      '{ files: [in/a.md, in/b.txt] }\ntolerate: { failed: 1 }',
    ),
  })
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code, err).toBe(0)
  expect(folder.read('in/b.txt')).toBe('b')
  expect(folder.read('in/a.txt')).toBe('written')
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

test.each([
  ["files: 'in/*'", "{ each: 'in/{name}.json' }", 'in/a.json', '!in/*.json'],
  [
    "files: ['**/*.txt', '!old/**']",
    "{ each: 'out/{key}.txt' }",
    'out/in/a.txt.txt',
    '!out/**/*.txt',
  ],
  ['files: in', '{ jsonl: in/all.jsonl }', 'in/all.jsonl', '!in/all.jsonl'],
])('an output that %s takes in exits 2: it would be an item of the next run', async (...given) => {
  const [input, output, path, remedy] = given
  folder = folderWith({
    'in/a.txt': '1',
    'handle.mjs': handler,
    'job.yaml': job(output).replace('range: { from: 0, to: 2 }', input),
  })
  for (const _ of ['at first', 'again']) {
    const { code, err } = await folder.dray('run', 'job.yaml')
    expect(code, err).toBe(2)
    expect(err).toContain(`output of stage only: ${path} matches the input's own pattern`)
    expect(err).toContain(JSON.stringify(remedy))
    expect(folder.has(path)).toBe(false)
  }
})

test.each([
  ["files: 'in/*.txt'", "{ each: 'in/{name}.json' }"],
  ["files: ['in/**', '!in/out/**']", "{ each: 'in/out/{key}.json' }"],
  ["files: 'in/*'", "{ each: 'in/out/{name}.json' }"],
])(
  'an output beside what %s takes in is written, and nothing runs again',
  async (input, output) => {
    folder = folderWith({
      'in/a.txt': '1',
      'handle.mjs': handler,
      'job.yaml': job(output).replace('range: { from: 0, to: 2 }', input),
    })
    expect((await folder.dray('run', 'job.yaml')).code).toBe(0)
    expect((await folder.dray('run', 'job.yaml')).err).toContain('nothing to do')
  },
)

test('a result that would be written over another file of the input exits 2', async () => {
  folder = folderWith({
    ...{ 'in/a.md': 'a', 'in/b.md': 'b', 'in/b.txt': 'mine', 'handle.mjs': handler },
    'job.yaml': job("{ each: 'in/{name}.txt' }").replace(
      'range: { from: 0, to: 2 }',
      'files: [in/a.md, in/b.md, in/b.txt]',
    ),
  })
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code, err).toBe(2)
  expect(err).toContain('the result of in/b.md would be written over in/b.txt')
  expect(folder.read('in/b.txt')).toBe('mine')
})

test('a run that stops early leaves the file of a stage it never came to, and says cancelled of what never ran', async () => {
  folder = folderWith({
    'rows.mjs': 'export default item => item\n',
    'sum.mjs': 'export default all => all.length\n',
    'job.yaml': `
name: stops
input: { range: { from: 0, to: 40 } }
tolerate: { failed: 1 }
stages:
  - { name: each, map: ./rows.mjs, chunk: 1, retry: { attempts: 1 }, output: { jsonl: each.jsonl } }
  - { name: sum, reduce: ./sum.mjs, output: { jsonl: sum.jsonl } }
`,
  })
  expect((await folder.dray('run', 'job.yaml')).code).toBe(0)
  const before = folder.read('sum.jsonl')
  expect(lines(before)).toHaveLength(1)
  folder.write('rows.mjs', "export default () => { throw new Error('broken') }\n")
  const { code, out } = await folder.dray('run', 'job.yaml', '--fresh')
  expect(code).toBe(1)
  expect(folder.read('sum.jsonl')).toBe(before)
  expect(out).not.toContain('sum.jsonl')
  const last = JSON.parse(lines(folder.read('each.jsonl')).at(-1) ?? '')
  expect(last.error).toEqual({
    kind: 'cancelled',
    message: expect.stringMatching(/^\d+ items failed, 1 is tolerated/),
  })
})
