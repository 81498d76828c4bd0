import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { folderWith, lines, noting, ran, untilGo } from './harness.ts'

const slow = noting('await new Promise(resolve => setTimeout(resolve, 150)); return item')
const held = noting(`${untilGo('ctx.index > 7')}return item`)
const words = ['map', 'handle.mjs', 'range:0..30', '-o', 'out.jsonl'] as const

for (const { name, signal } of [
  { name: 'Ctrl-C', signal: 'SIGINT' },
  { name: 'a polite kill', signal: 'SIGTERM' },
  { name: 'a terminal that closes', signal: 'SIGHUP' },
] as const) {
  test(`${name} exits 130 with a run that goes on: no finished item runs again`, async () => {
    const folder = folderWith({ 'handle.mjs': held })
    const begun = folder.begin(...words, '--events')
    await begun.hasEnded(4)
    begun.signal(signal)
    await begun.says('running tasks may end')
    folder.write('go', '')
    const ended = await begun.ended
    expect(ended.code, ended.err).toBe(130)
    expect(folder.has('out.jsonl')).toBe(false)
    expect((await folder.dray('ls')).out).toContain('interrupted')
    const again = await folder.dray(...words)
    expect(again.code, again.err).toBe(0)
    expect(again.err).toMatch(/goes on: \d+ of 30 items are done/)
    if (signal === 'SIGINT') {
      const { makespan } = JSON.parse((await folder.dray('status', '--json')).out)
      const page = await folder.dray('report', '--json', '--html', 'page.html')
      // The page's time is that of the run, without the pause, which it marks.
      expect(JSON.parse(page.out).seconds).toBeCloseTo(makespan, 3)
      expect(folder.read('page.html')).toMatch(/at the dotted line; the .* in which it lay still/)
    }
    expect(lines(folder.read('out.jsonl'))).toHaveLength(30)
    expect([...ran(folder)].sort()).toEqual(Array.from({ length: 30 }, (_, n) => String(n)).sort())
    folder.remove()
  })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} that npm sends on beside the terminal is one: running tasks may end; a later one quits at once`, async () => {
    for (const again of [false, true]) {
      const folder = folderWith({ 'handle.mjs': held })
      const begun = folder.begin(...words, '--events')
      while (!ran(folder).some(key => Number(key) > 7)) await pause(10)
      begun.signal(signal)
      // At the same instant they would be one to the kernel already.
      await pause(5)
      begun.signal(signal)
      await begun.says('running tasks may end')
      if (!again) folder.write('go', '')
      const later = setInterval(() => again && begun.signal(signal), 300)
      const ended = await begun.ended
      clearInterval(later)
      expect(ended.code, ended.err).toBe(130)
      expect(ended.err.includes('is interrupted')).toBe(again)
      folder.remove()
    }
  })
}

test('kill -9 loses no finished item; only what was in flight repeats', async () => {
  const folder = folderWith({ 'handle.mjs': held })
  const begun = folder.begin(...words, '--events')
  await begun.hasEnded(6)
  begun.signal('SIGKILL')
  await begun.ended
  folder.write('go', '')
  const again = await folder.dray(...words)
  expect(again.code, again.err).toBe(0)
  const times = new Map<string, number>()
  for (const key of ran(folder)) times.set(key, (times.get(key) ?? 0) + 1)
  expect(times.size).toBe(30)
  expect([...times.values()].filter(count => count > 1).length).toBeLessThan(30 - 6)
  expect(lines(folder.read('out.jsonl'))).toHaveLength(30)
  const { attempts } = JSON.parse((await folder.dray('status', '--json')).out)
  const page = JSON.parse((await folder.dray('report', '--json', '--html', 'page.html')).out)
  expect(page).toMatchObject({ attempts, undrawn: attempts - 30 })
  expect(folder.read('page.html')).toContain(`${attempts} attempts`)
  if (attempts > 30) expect(folder.read('page.html')).toContain('nobody saw the end')
  folder.remove()
})

test('after kill -9 a run of stdin goes on with the input it kept, where none is given again', async () => {
  const folder = folderWith({ 'handle.mjs': held })
  const words = ['map', 'handle.mjs', '-', '-o', 'out.jsonl'] as const
  const fed = Array.from({ length: 30 }, (_, n) => `line ${n}`)
  const begun = folder.beginFed(`${fed.join('\n')}\n`, ...words, '--events')
  await begun.hasEnded(6)
  begun.signal('SIGKILL')
  await begun.ended
  const told = await folder.drayFed('', ...words, '--explain')
  expect(told.out).toMatch(/goes on with .*its input was kept/)
  folder.write('go', '')
  const again = await folder.drayFed('', ...words)
  expect(again.code, again.err).toBe(0)
  const results = lines(folder.read('out.jsonl')).map(line => JSON.parse(line) as object)
  expect(results).toEqual(fed.map((result, index) => ({ index, key: String(index), result })))
  expect(ran(folder).length).toBeLessThan(60 - 6)
  const empty = await folder.drayFed('', ...words)
  expect(empty.code).toBe(2)
  expect(empty.err + empty.out).toContain('stdin: no items')
  folder.remove()
})

test('other input than an interrupted run of stdin had kept is run instead', async () => {
  const folder = folderWith({ 'handle.mjs': noting(`${untilGo('ctx.index > 3')}return item`) })
  const words = ['map', 'handle.mjs', '-', '-o', 'out.jsonl'] as const
  const begun = folder.beginFed('a\nb\nc\nd\ne\nf\n', ...words, '--events')
  await begun.hasEnded(2)
  begun.signal('SIGKILL')
  await begun.ended
  const again = await folder.drayFed('a\nz\n', ...words)
  expect(again.code, again.err).toBe(0)
  expect(lines(folder.read('out.jsonl')).map(line => JSON.parse(line).result)).toEqual(['a', 'z'])
  folder.remove()
})

test('while one works, a second copy exits 2 with its pid, and status, why and cancel ask it', async () => {
  const folder = folderWith({ 'handle.mjs': slow })
  const long = ['map', 'handle.mjs', 'range:0..3000', '-o', 'out.jsonl'] as const
  const begun = folder.begin(...long, '--events')
  await begun.says('"event":"done"')
  const second = await folder.dray(...long)
  expect(second.code).toBe(2)
  expect(second.err).toContain(`process ${begun.pid}`)
  const status = await folder.dray('status', '--json')
  expect(JSON.parse(status.out)).toMatchObject({ state: 'active', items: { total: 3000 } })
  const why = await folder.dray('why', '--json')
  expect(JSON.parse(why.out)).toMatchObject({ state: 'active', reason: 'at work' })
  const { run } = JSON.parse(status.out) as { run: string }
  const waiting = await folder.dray('why', run, '2999')
  expect(waiting.out).toMatch(/ready|in line/)
  expect((await folder.dray('cancel', run)).code).toBe(0)
  expect((await begun.ended).code).toBe(1)
  expect((await folder.dray('ls')).out).toContain('cancelled')
  folder.remove()
})

test('a run that fails already and is cancelled stops what still runs at once, and has failed', async () => {
  const waits =
    'await new Promise((_, stop) => ctx.signal.addEventListener("abort", () => stop(ctx.signal.reason)))'
  const folder = folderWith({
    // They fail once another is at work: what has not begun by then never does, and nothing would be left to stop.
    'handle.mjs': `import { existsSync, writeFileSync } from 'node:fs'
export default async (item, ctx) => {
  if (item > 1) writeFileSync('begun', '')
  while (!existsSync('begun')) await new Promise(go => setTimeout(go, 5))
  if (item < 2) throw new Error('no')
  ${waits}
}`,
    'job.json': JSON.stringify({
      name: 'failing',
      input: { range: { from: 0, to: 20 } },
      tolerate: { failed: 1 },
      stages: [{ name: 'work', map: './handle.mjs', chunk: 1, retry: { attempts: 1 } }],
    }),
    'three.json': JSON.stringify({ machines: [{ id: 'box', slots: 3 }] }),
  })
  const begun = folder.begin('run', 'job.json', '--machines', 'three.json')
  await begun.says('work[0] failed')
  await begun.says('work[1] failed')
  const asked = await folder.dray('cancel', 'failing')
  expect(asked.out).toMatch(/is failing already, what still ran of it is stopped/)
  const ended = await begun.ended
  expect(ended.code).toBe(1)
  expect(ended.err).not.toContain('failed: the run was cancelled')
  const status = JSON.parse((await folder.dray('status', '--json')).out) as object
  expect(status).toMatchObject({ state: 'failed', items: { failed: 2, cancelled: 18 } })
  folder.remove()
})

test('cancel ends an interrupted run that nobody works on', async () => {
  const folder = folderWith({ 'handle.mjs': held })
  const begun = folder.begin(...words, '--events')
  await begun.says('"event":"done"')
  begun.signal('SIGKILL')
  await begun.ended
  const { run } = (JSON.parse((await folder.dray('ls', '--json')).out) as { run: string }[])[0]
  const ended = await folder.dray('cancel', run)
  expect(ended.code, ended.err).toBe(0)
  expect((await folder.dray('ls')).out).toContain('cancelled')
  folder.remove()
})

test('a cancel while outputs are written says that the run has ended, and spoils nothing', async () => {
  const folder = folderWith({ 'handle.mjs': 'export default item => item\n' })
  const begun = folder.begin('map', 'handle.mjs', 'range:0..2000', '-o', 'out/{key}.txt')
  const written = () => (folder.has('out') ? readdirSync(join(folder.path, 'out')).length : 0)
  while (written() < 10) await pause(5)
  const [{ run }] = JSON.parse((await folder.dray('ls', '--json')).out) as [{ run: string }]
  const cancels = await Promise.all([folder.dray('cancel', run), folder.dray('cancel', run)])
  for (const { code, out } of cancels) {
    expect(code).toBe(0)
    expect(out).toMatch(/has ended already/)
  }
  expect((await begun.ended).code).toBe(0)
  expect(written()).toBe(2000)
  expect((await folder.dray('ls')).out).toContain('done')
  folder.remove()
})

test('a generator that broke off goes on in the same run, each of its items once', async () => {
  const folder = folderWith({
    'handle.mjs': held,
    'list.mjs': `import { existsSync } from 'node:fs'
export default async function* ({ cursor = 0 }) {
  for (let n = cursor; n < 30; n += 1) {
    yield { item: n, key: 'n' + n, cursor: n + 1 }
    if (n > 10 && !existsSync(new URL('./go', import.meta.url))) await new Promise(() => {})
  }
}
`,
    'job.yaml':
      'name: cut\ninput: { from: ./list.mjs }\nstages: [{ name: only, map: ./handle.mjs, chunk: 1, output: { jsonl: out.jsonl } }]\n',
  })
  const begun = folder.begin('run', 'job.yaml', '--events')
  await begun.hasEnded(2)
  begun.signal('SIGINT')
  await begun.says('running tasks may end')
  folder.write('go', '')
  const cut = await begun.ended
  expect(cut.code, cut.err).toBe(130)
  expect(cut.out).toContain('"state":"interrupted"')
  const again = await folder.dray('run', 'job.yaml')
  expect(again.code, again.err).toBe(0)
  expect(again.err).toContain('goes on')
  const keys = lines(folder.read('out.jsonl')).map(
    line => (JSON.parse(line) as { key: string }).key,
  )
  expect(keys).toEqual(Array.from({ length: 30 }, (_, n) => `n${n}`))
  expect(JSON.parse((await folder.dray('ls', '--json')).out)).toHaveLength(1)
  expect([...new Set(ran(folder))]).toHaveLength(ran(folder).length)
  folder.remove()
})

test('an input that has lost what was read from it fails the run, naming the item; whole again, it goes on', async () => {
  const folder = folderWith({
    'handle.mjs': held,
    'items.mjs': `import { readFileSync } from 'node:fs'
export default async function* () {
  const count = Number(readFileSync(new URL('./count', import.meta.url), 'utf8'))
  for (let n = 0; n < count; n += 1) yield n
}
`,
    'job.json': JSON.stringify({
      name: 'shrinks',
      input: { from: './items.mjs' },
      stages: [{ name: 'work', map: './handle.mjs', output: { jsonl: 'out.jsonl' } }],
    }),
    count: '40',
  })
  const begun = folder.begin('run', 'job.json', '--events')
  await begun.hasEnded(3)
  begun.signal('SIGKILL')
  await begun.ended
  folder.write('go', '')
  folder.write('count', '1')
  const less = await folder.dray('run', 'job.json')
  expect(less.err + less.out).toMatch(/item \d+ of work has vanished from its input/)
  expect(less.code).not.toBe(0)
  expect((await folder.dray('ls')).out).toContain('failed')
  folder.write('count', '40')
  const whole = await folder.dray('run', 'job.json')
  expect(whole.code, whole.err).toBe(0)
  expect(lines(folder.read('out.jsonl'))).toHaveLength(40)
  folder.remove()
})
