import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Folder, folderWith, lines, noting } from './harness.ts'

/** Each thing a user may get wrong: the place, what was expected, exit 2; or the one item's failure. */

const job = (stage = '', top = '') => `
name: bad
input: { jsonl: rows.jsonl, key: id }
${top}
stages:
  - { name: only, map: ./handle.mjs, retry: { attempts: 1 }, output: { jsonl: out.jsonl } ${stage} }
`
const good = {
  'job.yaml': job(),
  'handle.mjs': noting('return item'),
  'rows.jsonl': '{"id":"a","n":1}\n{"id":"b","n":2}\n',
}

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  [
    'an unknown field',
    { 'job.yaml': job(', timout: 5s') },
    ['job.yaml:', 'timout', 'did you mean "timeout"'],
  ],
  ['an unknown strategy', { 'job.yaml': job('', 'strategy: mtc') }, ['strategy', 'mct']],
  ['a wrong type', { 'job.yaml': job(', timeout: 5') }, ['job.yaml:', 'timeout']],
  [
    'a missing module',
    { 'job.yaml': job().replace('handle.mjs', 'handel.mjs') },
    ['handel.mjs', 'handle.mjs'],
  ],
  ['a missing input', { 'job.yaml': job().replace('rows.jsonl', 'row.jsonl') }, ['row.jsonl']],
  [
    'cyclic stages',
    {
      'job.yaml': `name: bad\ninput: { range: { from: 0, to: 2 } }\nstages:\n  - { name: a, map: ./handle.mjs, after: b }\n  - { name: b, map: ./handle.mjs, after: a }\n`,
    },
    ['a', 'b'],
  ],
  [
    'what is not built yet',
    { 'job.yaml': job('', 'budget: { usd: 20 }') },
    ['budget', 'not available yet'],
  ],
])('%s exits 2, names the place and leaves no output', async (_name, files, said) => {
  const folder = folderWith({ ...good, ...files })
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code, err).toBe(2)
  for (const text of said) expect(err).toContain(text)
  expect(lines(err).length).toBeLessThan(24)
  expect(folder.has('out.jsonl')).toBe(false)
  folder.remove()
})

test('an unknown option exits 2 with the nearest', async () => {
  const folder = folderWith(good)
  const { code, err } = await folder.dray('run', 'job.yaml', '--stratgy', 'mct')
  expect(code).toBe(2)
  expect(err).toContain('--strategy')
  folder.remove()
})

test.each([
  ['--strategy', 'on-demnd', 'on-demand'],
  ['--order', 'fifi', 'fifo'],
])('an unknown %s exits 2 with the nearest', async (flag, value, nearest) => {
  const folder = folderWith(good)
  const { code, err } = await folder.dray('run', 'job.yaml', flag, value)
  expect(code, err).toBe(2)
  expect(err).toContain(nearest)
  folder.remove()
})

test('what no machine here can run exits 3 with the list', async () => {
  const folder = folderWith({ ...good, 'job.yaml': job(", needs: { memory: '900TB' }") })
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code).toBe(3)
  expect(err).toMatch(/only on .*memory/)
  folder.remove()
})

const outcome = async (folder: Folder) => {
  const ended = await folder.dray('run', 'job.yaml', '--json')
  const answers = folder.has('out.jsonl')
    ? lines(folder.read('out.jsonl')).map(
        line => JSON.parse(line) as { key: string; error?: { kind: string; message: string } },
      )
    : []
  folder.remove()
  return { ...ended, answers, errors: answers.map(({ error }) => error?.kind) }
}

test('a handler with no default export fails the run and says so', async () => {
  const { code, out, err } = await outcome(
    folderWith({ ...good, 'handle.mjs': 'export const x = 1\n' }),
  )
  expect([1, 2]).toContain(code)
  expect(out + err).toContain('default export')
})

test('a result that breaks returns is that item’s failure', async () => {
  const returns = ', returns: { type: object, properties: { n: { maximum: 1 } } }'
  const { code, errors } = await outcome(folderWith({ ...good, 'job.yaml': job(returns) }))
  expect(code).toBe(1)
  expect(errors).toEqual([undefined, 'bad-result'])
})

test('a result that does not serialise is that item’s failure', async () => {
  const handler = noting('return item.n === 2 ? { big: 2n } : item')
  const { code, errors } = await outcome(folderWith({ ...good, 'handle.mjs': handler }))
  expect(code).toBe(1)
  expect(errors).toEqual([undefined, 'bad-result'])
})

test('a half-written line is that line’s failure, with its number', async () => {
  const rows = '{"id":"a","n":1}\n{"id":"b","n":\n{"id":"c","n":3}\n'
  const { code, answers, errors } = await outcome(folderWith({ ...good, 'rows.jsonl': rows }))
  expect(code).toBe(1)
  expect(errors).toEqual([undefined, 'bad-input', undefined])
  expect(answers[1].error?.message).toContain('2')
})

test('duplicate keys fail, the first keeps its result', async () => {
  const rows = '{"id":"a","n":1}\n{"id":"a","n":2}\n'
  const { errors } = await outcome(folderWith({ ...good, 'rows.jsonl': rows }))
  expect(errors[0]).toBeUndefined()
  expect(errors[1]).toBe('bad-input')
})

test('an empty input ends well or says what was expected, and never hangs', async () => {
  const { code, err } = await outcome(folderWith({ ...good, 'rows.jsonl': '' }))
  expect([0, 2], err).toContain(code)
})

test.each(['../escape', '/tmp/escape', 'link/escape'])(
  'a key %s that would leave the output folder is that item’s failure',
  async key => {
    const folder = folderWith({
      ...good,
      'job.yaml': job().replace('jsonl: out.jsonl', "each: 'out/{key}.json'"),
      'rows.jsonl': `${JSON.stringify({ id: 'a' })}\n${JSON.stringify({ id: key })}\n`,
      'out/keep.txt': '',
      'outside/keep.txt': '',
    })
    symlinkSync(join(folder.path, 'outside'), join(folder.path, 'out/link'))
    const { code, out, err } = await folder.dray('run', 'job.yaml', '--json')
    expect(code, err).toBe(1)
    expect(out + err).toMatch(/"failed":1|could not be written/)
    expect(folder.has('out/a.json')).toBe(true)
    expect(folder.has('escape.json') || folder.has('outside/escape.json')).toBe(false)
    folder.remove()
  },
)

test.skipIf(process.getuid?.() === 0)('a read-only directory exits 2 and names it', async () => {
  const folder = folderWith(good)
  chmodSync(folder.path, 0o500)
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code).toBe(2)
  expect(err).toContain(folder.path)
  chmodSync(folder.path, 0o700)
  folder.remove()
})

test('a directory that is no directory of runs exits 2', async () => {
  const folder = folderWith({
    ...good,
    '.dray/dray.db': 'this is no database, though it is long enough to look like one',
  })
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code, err).toBe(2)
  expect(err).toContain('dray.db')
  folder.remove()
})

test('items come from stdin, a line each', async () => {
  const folder = folderWith(good)
  const ended = await folder.drayFed('x\ny\n', 'map', 'handle.mjs', '-', '-o', 'lines.jsonl')
  expect(ended.code, ended.err).toBe(0)
  expect(
    lines(folder.read('lines.jsonl')).map(line => (JSON.parse(line) as { result: unknown }).result),
  ).toEqual(['x', 'y'])
  folder.remove()
})
