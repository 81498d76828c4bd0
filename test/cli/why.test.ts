import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Begun, type Folder, folderWith } from './harness.ts'

/** A handler that fails, or waits for a file named go, as its item says. */
const handler = `import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
const gone = () => existsSync(new URL('./go', import.meta.url))
export default async ({ id, does }, ctx) => {
  if (does === 'fail') throw new Error(id + ' is bad')
  if (does === 'fail-once' && ctx.attempt === 1) throw new Error('not yet')
  const held = does === 'hoard' && ctx.attempt === 1 ? Buffer.alloc(150e6, 1) : undefined
  while ((does === 'hang' || held) && !gone()) await wait(20)
  await wait(20)
  return id
}
`
const rows = (list: readonly (readonly [id: string, does: string])[]): string =>
  list.map(([id, does]) => `${JSON.stringify({ id, does })}\n`).join('')

const quick = Array.from({ length: 10 }, (_, n) => [`quick-${n}`, 'end'] as const)
const later = Array.from({ length: 12 }, (_, n) => [`later-${n}`, 'end'] as const)

const job = (top: object, stage: object = {}) =>
  JSON.stringify({
    name: 'pages',
    input: { jsonl: 'rows.jsonl', key: 'id' },
    tolerate: { failed: 3 },
    ...top,
    stages: [
      {
        name: 'read',
        map: './handle.mjs',
        chunk: 1,
        retry: { attempts: 2, delay: '1h' },
        ...stage,
      },
      { name: 'sum', map: './handle.mjs', after: 'read', chunk: 1 },
    ],
  })

/** What `why` says, once it says it; the last it said if it never does. */
async function saysSoon(folder: Folder, words: readonly string[], text: RegExp): Promise<string> {
  let out = ''
  for (let tries = 0; tries < 100; tries += 1) {
    const ended = await folder.dray(...words)
    out = ended.out + ended.err
    if (text.test(out)) return out
  }
  return out
}

describe('why, while a run is at work on two slots that both hang', () => {
  let folder: Folder
  let run: Begun
  beforeAll(async () => {
    folder = folderWith({
      'handle.mjs': handler,
      'job.json': job({}),
      'machines.json': JSON.stringify({ machines: [{ id: 'box', slots: 2 }] }),
      'rows.jsonl': rows([
        ['bad', 'fail-once'],
        ...quick,
        ['stuck-1', 'hang'],
        ['stuck-2', 'hang'],
        ...later,
      ]),
    })
    run = folder.begin('run', 'job.json', '--machines', 'machines.json', '--json')
    await saysSoon(folder, ['why', 'pages'], /slow task/)
  }, 60_000)
  afterAll(async () => {
    folder.write('go', '')
    run.signal('SIGKILL')
    await run.ended
    folder.remove()
  })

  test('an item that waits is found by a key nobody has answered: how many go first, why no machine takes it, and a forecast', async () => {
    const { out, code } = await folder.dray('why', 'pages', 'later-7')
    expect(code).toBe(0)
    expect(out).toMatch(/read: ready: \d+ items of its stage go first/)
    expect(out).toMatch(/^ {4}box: .*(all 2 slots are busy|2 of 2 slots are busy)$/m)
    expect(out).toMatch(/likely to start in \d/)
    expect(out).toContain('sum: waiting: waits for its result of read')
    const { stages } = JSON.parse((await folder.dray('why', 'pages', 'later-7', '--json')).out)
    expect(stages[0]).toMatchObject({ stage: 'read', index: 20, state: 'ready' })
    const { low, expected, high } = stages[0].forecastStart
    // Instants as in --events, which sort as text.
    expect([high, expected, low].sort()).toEqual([low, expected, high])
    expect(Date.parse(low)).toBeGreaterThan(Date.now() - 60_000)
  })

  test('an item that runs far longer than its like is slow: where it was placed and by which rule, how long such take, what would help', async () => {
    const { out } = await folder.dray('why', 'pages', 'stuck-1')
    expect(out).toMatch(
      /read: slow: on box, slot \d, for .*, usually .*; placed by on-demand, order \w+/,
    )
    expect(out).toMatch(/likely to end in/)
    expect(out).toContain('what would help: a timeout for stage read')
    const whole = await folder.dray('why', 'pages')
    expect(whole.out).toMatch(/read\[stuck-1\]: slow: on box/)
  })

  test('an item that failed once waits for its next attempt, and when that is', async () => {
    const { out } = await folder.dray('why', 'pages', 'bad')
    expect(out).toContain('read: waiting: attempt 1 of 2 failed; it backs off')
    expect(out).toContain('attempt 1 failed: error: not yet')
    const logs = await folder.dray('logs', 'pages', 'bad')
    expect(logs.out).toMatch(/read\[bad\] attempt 1 failed: error: not yet; again in \d/)
    expect(out).toMatch(/likely to start in/)
  })

  test('status says how long is left, with a range', async () => {
    expect((await folder.dray('status', 'pages')).out).toMatch(/ left/)
    const { timeLeft } = JSON.parse((await folder.dray('status', 'pages', '--json')).out)
    expect(timeLeft.low).toBeLessThanOrEqual(timeLeft.expected)
    expect(timeLeft.expected).toBeLessThanOrEqual(timeLeft.high)
    // Seconds, as every span of --json.
    expect(timeLeft.high).toBeLessThan(3_600)
  })

  test('an unknown key exits 2 with the nearest and a few that are there', async () => {
    const { code, err, out } = await folder.dray('why', 'pages', 'later-77')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('no item later-77')
    expect(err).toContain('did you mean "later-7"')
    expect(err).toMatch(/keys are such as \w+-?\d*, /)
    expect((await folder.dray('why', 'pages', 'read')).err).toContain('read is a stage of ')
  })

  test('the page of the run shows both hanging items as running', async () => {
    const { out, code, err } = await folder.dray('report', 'pages', '--html', 'p.html', '--json')
    expect(code, err).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ running: 2, state: 'active' })
    expect(folder.read('p.html')).toContain('2 running as this was drawn')
  })
})

test('an item in a machine’s queue says whose, behind how many, by which rule, and when it starts', async () => {
  const folder = folderWith({
    'handle.mjs': handler,
    'job.json': job({ strategy: 'round-robin' }),
    'machines.json': JSON.stringify({ machines: [{ id: 'one' }, { id: 'two' }] }),
    'rows.jsonl': rows([...quick, ['stuck-1', 'hang'], ['stuck-2', 'hang'], ...later]),
  })
  const run = folder.begin('run', 'job.json', '--machines', 'machines.json', '--json')
  const said =
    /read: assigned: in the queue of (one|two), [1-9]\d* items before it; placed by round-robin[\s\S]*likely to start in/
  const out = await saysSoon(folder, ['why', 'pages', 'later-9'], said)
  expect(out).toMatch(said)
  folder.write('go', '')
  expect((await run.ended).code).toBe(0)
  folder.remove()
}, 60_000)

test('with nobody at work, a key not answered yet is still found in the input', async () => {
  const folder = folderWith({
    'handle.mjs': `${handler}export const setup = () => 'oak'\n`,
    'job.json': job({}, { loads: { name: 'oak', memory: '1MB' } }),
    'rows.jsonl': rows([...quick, ['stuck-1', 'hang'], ['stuck-2', 'hang'], ...later]),
  })
  const run = folder.begin('run', 'job.json', '--json')
  await saysSoon(folder, ['why', 'pages', 'stuck-1'], /running|slow/)
  await saysSoon(folder, ['status', 'pages'], /holds oak/)
  run.signal('SIGKILL')
  await run.ended
  const { out, code } = await folder.dray('why', 'pages', 'later-3', '--json')
  expect(code).toBe(0)
  const again = { helps: expect.stringContaining('run its job again') }
  expect(JSON.parse(out).stages[0]).toMatchObject({ index: 15, state: 'ready', ...again })
  expect(JSON.parse(out).stages[0].reason).toContain('interrupted')
  expect((await folder.dray('why', 'pages', 'stuck-1')).out).toContain('interrupted')
  expect((await folder.dray('status', 'pages')).out).not.toContain('holds')
  expect((await folder.dray('why', 'pages', 'later-3x')).code).toBe(2)
  folder.remove()
}, 60_000)

test('an item that is open again is no failure until it fails anew', async () => {
  const folder = folderWith({
    'handle.mjs': `import { existsSync } from 'node:fs'
export default async item => {
  if (!existsSync(new URL('./hold', import.meta.url))) throw new Error('bad is bad')
  await new Promise(done => setTimeout(done, 60_000))
}
`,
    'job.json': job({ tolerate: { failed: 0 } }, { retry: { attempts: 1 } }),
    'rows.jsonl': rows([['bad', 'fail']]),
  })
  expect((await folder.dray('run', 'job.json', '--json')).code).toBe(1)
  expect((await folder.dray('results', '--failed')).out).toContain('bad is bad')
  folder.write('hold', '')
  const run = folder.begin('retry', 'pages', '--failed')
  await saysSoon(folder, ['why', 'pages', 'bad'], /running/)
  run.signal('SIGKILL')
  await run.ended
  expect((await folder.dray('results', '--failed')).out).toBe('')
  expect((await folder.dray('results', '--stage', 'read')).out).toBe('')
  const why = await folder.dray('why', '--stage', 'sum')
  expect(why.out).toContain('interrupted')
  expect(why.out).not.toContain('bad is bad')
  expect((await folder.dray('why', '--stage', 'smu')).err).toContain('did you mean "sum"')
  folder.remove()
}, 60_000)

test('an item that failed, the one skipped for it and one that needed another attempt each say why', async () => {
  const retry = { never: ['error'], delay: '1ms', on: { 'out-of-memory': { memory: 'x2' } } }
  const folder = folderWith({
    'handle.mjs': handler,
    'job.json': job({}, { retry, needs: { memory: '40MB' } }),
    'rows.jsonl': rows([...quick, ['bad', 'fail'], ['large', 'hoard']]),
  })
  expect((await folder.dray('run', 'job.json', '--json')).code).toBe(0)
  const { out } = await folder.dray('why', 'pages', 'bad')
  // Its stack ends where the handler was called: our own frames below would fill the screen.
  expect(out).toMatch(
    /^ {2}read: failed: error: bad is bad\n {8}at .*handle\.mjs:5:\d+\)\n {4}what would/m,
  )
  expect(out).toMatch(/what would help: dray retry [\w-]+ --failed/)
  expect(out).toContain('sum: skipped: upstream: item 10 of read failed: bad is bad')
  expect(out).toMatch(/what would help: what it depends on mended, then dray retry [\w-]+ --failed/)
  const large = (await folder.dray('why', 'pages', 'large')).out
  expect(large).toMatch(/read: done: .* attempt 2; /)
  expect(large).toMatch(/attempt 1 failed: out-of-memory LIMIT: .*; again with 80 MB of memory$/m)
  const { retries } = JSON.parse((await folder.dray('status', 'pages', '--json')).out)
  expect(retries).toBe(1)
  folder.remove()
}, 60_000)
