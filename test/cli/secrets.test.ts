import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ended, type Folder, folderWith, lines } from './harness.ts'

const secret = 'sk-live-6e1f$&0b77'
const twoLines = 'first half of a key\nsecond half of a key'

let folder: Folder
let run: Ended
beforeAll(async () => {
  const stage = {
    map: './call.mjs',
    env: ['API_KEY', 'PEM', 'LEVEL'],
    retry: { attempts: 2, delay: '1ms' },
  }
  const job = { name: 'calls', input: { items: [1] } }
  folder = folderWith({
    'call.mjs': `export default (item, ctx) => {
      const { API_KEY, PEM, LEVEL } = process.env
      ctx.log('with', { API_KEY })
      console.log('at level', LEVEL, 'key', API_KEY)
      console.error(PEM)
      if (item === 'fine') return { key: API_KEY }
      throw Object.assign(new Error('refused: Bearer ' + API_KEY), { code: 'E-' + API_KEY })
    }`,
    'setup.mjs':
      'export default item => item; export const setup = () => { throw new Error(process.env.API_KEY) }',
    'fails.json': JSON.stringify({ ...job, stages: [{ name: 'call', ...stage }] }),
    'broken.json': JSON.stringify({
      name: 'broken',
      input: { items: [1] },
      stages: [{ name: 'call', ...stage, map: './setup.mjs' }],
    }),
    'thread.json': JSON.stringify({
      name: 'threads',
      input: { items: [1] },
      stages: [{ name: 'call', ...stage, isolation: 'thread' }],
    }),
    'fine.json': JSON.stringify({
      name: 'fine',
      input: { items: ['fine'] },
      stages: [{ name: 'call', ...stage }],
    }),
  })
  const given = ['env', `API_KEY=${secret}`, `PEM=${twoLines}`, 'LEVEL=info']
  run = await folder.drayUnder(given, 'run', 'fails.json', '--events')
  for (const name of ['broken', 'thread']) {
    const { err } = await folder.drayUnder(given, 'run', `${name}.json`)
    expect(err).not.toContain(secret)
  }
}, 60_000)
afterAll(() => folder.remove())

test('what a declared variable holds is replaced by its name in logs, errors and events', async () => {
  expect(run.code).toBe(1)
  expect(run.out + run.err).toContain('refused: Bearer [API_KEY]')
  const { out } = await folder.dray('logs', 'calls')
  expect(out).toContain("with { API_KEY: '[API_KEY]' }")
  expect(out).toContain('at level info key [API_KEY]')
  expect(out).toContain('[PEM]')
  const { out: failed } = await folder.dray('results', 'calls')
  expect(JSON.parse(lines(failed)[0]).error).toMatchObject({ code: 'E-[API_KEY]' })
})

test('no file of the directory holds it, nor does the report', async () => {
  await folder.dray('report', 'calls', '--html', 'report.html')
  const names = readdirSync(folder.path, { recursive: true, withFileTypes: true })
  const files = names.filter(one => one.isFile()).map(one => join(one.parentPath, one.name))
  expect(files.length).toBeGreaterThan(5)
  for (const file of files)
    for (const text of [secret, ...twoLines.split('\n')])
      expect(readFileSync(file).includes(text), `${text} in ${file}`).toBe(false)
})

test('a result is the handler’s own word', async () => {
  await folder.drayUnder(['env', `API_KEY=${secret}`], 'run', 'fine.json')
  const { out } = await folder.dray('results', 'fine')
  expect(JSON.parse(out).result).toEqual({ key: secret })
})
