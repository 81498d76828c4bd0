import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Folder, folderWith, lines, ran } from './harness.ts'

/**
 * Slots hold items ahead so that none stands idle. After a first Ctrl-C what runs may end, and nothing of these
 * begins: the next life runs them.
 */
const ITEMS = 120
const words = ['run', 'job.json', '--machines', 'one.json'] as const

const files = (input: object, more: object, job: object = {}): Record<string, string> => ({
  'job.json': JSON.stringify({
    name: 'ahead',
    input,
    stages: [{ name: 'work', map: './handle.mjs', output: { jsonl: 'out.jsonl' }, ...more }],
    ...job,
  }),
  'one.json': JSON.stringify({ machines: [{ id: 'box', slots: 1 }] }),
})

/** Items of a few milliseconds, the later ones held until `go` is there. One that spins lets nothing else turn. */
const handlers = {
  waits: `export default async (item, ctx) => {
  note('./ran.txt', ctx.key)
  do await new Promise(done => setTimeout(done, 5))
  while (item >= 40 && !isThere('./go'))
  return item
}
`,
  spins: `export default (item, ctx) => {
  note('./ran.txt', ctx.key)
  do Atomics.wait(still, 0, 0, 5)
  while (item >= 40 && !isThere('./go'))
  return item
}
const still = new Int32Array(new SharedArrayBuffer(4))
`,
}
const tools = `import { appendFileSync, existsSync } from 'node:fs'
const note = (name, text) => appendFileSync(new URL(name, import.meta.url), text + '\\n')
const isThere = name => existsSync(new URL(name, import.meta.url))
`

/** The slots have been asked for what they have not begun. */
async function isDraining(folder: Folder): Promise<void> {
  while (!(await folder.dray('why', 'ahead')).out.includes('nothing new starts')) await pause(10)
}

/** Every item ran once in all, and has its answer. */
async function goesOn(folder: Folder): Promise<void> {
  const again = await folder.dray(...words)
  expect(again.code, again.err).toBe(0)
  const all = Array.from({ length: ITEMS }, (_, n) => String(n))
  expect([...ran(folder)].sort()).toEqual(all.sort())
  expect(lines(folder.read('out.jsonl'))).toHaveLength(ITEMS)
  const report = JSON.parse((await folder.dray('report', '--json', '--html', 'page.html')).out)
  expect(report).toMatchObject({ undrawn: 0 })
}

describe('after Ctrl-C no item begins that its slot was only sent ahead, and the next life runs each once', () => {
  for (const [how, isolation, chunk] of [
    ['waits', 'process', 50],
    ['spins', 'process', 50],
    ['waits', 'thread', 'auto'],
    ['spins', 'thread', 'auto'],
  ] as const) {
    test(`a handler that ${how} in a ${isolation}, chunk ${chunk}`, async () => {
      const input = { range: { from: 0, to: ITEMS } }
      const folder = folderWith({
        'handle.mjs': tools + handlers[how],
        ...files(input, { chunk, isolation }),
      })
      const begun = folder.begin(...words)
      while (!ran(folder).includes('40')) await pause(10)
      begun.signal('SIGINT')
      await begun.says('running tasks may end')
      await isDraining(folder)
      folder.write('go', '')
      const ended = await begun.ended
      expect(ended.code, ended.err).toBe(130)
      expect(ran(folder)).toHaveLength(41)
      const status = JSON.parse((await folder.dray('status', '--json')).out)
      expect(status).toMatchObject({ items: { done: 41, failed: 0 }, retries: 0 })
      await goesOn(folder)
      folder.remove()
    })
  }
})

test('what is on its way to a slot, its input being read again, is not sent there after Ctrl-C', async () => {
  const list = `export default async function* () {
  for (let n = 0; n < ${ITEMS}; n += 1) yield n
}
`
  const folder = folderWith({
    'handle.mjs': tools + handlers.waits,
    'list.mjs': list,
    ...files({ from: './list.mjs' }, { chunk: 50 }),
  })
  const first = folder.begin(...words)
  while (!ran(folder).includes('40')) await pause(10)
  first.signal('SIGINT')
  await first.says('running tasks may end')
  await isDraining(folder)
  folder.write('go', '')
  expect((await first.ended).code).toBe(130)
  folder.write(
    'list.mjs',
    tools +
      list.replace(
        '{\n',
        `{\n  note('./read.txt', 'again')\n  while (!isThere('./more')) await new Promise(done => setTimeout(done, 5))\n`,
      ),
  )
  const second = folder.begin(...words)
  while (!folder.has('read.txt')) await pause(10)
  second.signal('SIGINT')
  await second.says('running tasks may end')
  await pause(500)
  folder.write('more', '')
  const ended = await second.ended
  expect(ended.code, ended.err).toBe(130)
  expect(ran(folder)).toHaveLength(41)
  await goesOn(folder)
  folder.remove()
})

describe('once a run gives up no item begins that its slot was only sent ahead: it is cancelled, and retry runs it', () => {
  /** The last that begins: from here on each waits until `go` is there. */
  const LAST = 41
  const input = { range: { from: 0, to: ITEMS } }
  const waiting = `  do await new Promise(done => setTimeout(done, 2))
  while (item >= ${LAST} && !isThere('./go'))
  return item
}
`

  async function givesUp(folder: Folder, why: string, ...how: string[]): Promise<void> {
    const begun = folder.begin(...how)
    while (!ran(folder).includes(String(LAST))) await pause(10)
    while (!(await folder.dray('why', 'ahead')).out.includes(why)) await pause(10)
    folder.write('go', '')
    const ended = await begun.ended
    expect(ended.code, ended.err).toBe(1)
    expect(ran(folder)).toHaveLength(LAST + 1)
  }

  test('more failed than is tolerated', async () => {
    const failing = `  if ((item === 3 || item === ${LAST - 1}) && !isThere('./go')) throw new Error('no')\n`
    const folder = folderWith({
      'handle.mjs': `${tools}export default async (item, ctx) => {
  note('./ran.txt', ctx.key)
${failing}${waiting}`,
      ...files(input, { chunk: 50, retry: { attempts: 1 } }, { tolerate: { failed: 1 } }),
    })
    await givesUp(folder, '2 items failed, 1 is tolerated', ...words)
    const status = JSON.parse((await folder.dray('status', '--json')).out)
    expect(status).toMatchObject({
      state: 'failed',
      items: { done: LAST - 1, failed: 2, cancelled: ITEMS - LAST - 1 },
    })
    const again = await folder.dray('retry', 'ahead', '--failed')
    expect(again.code, again.err).toBe(0)
    expect(new Set(ran(folder)).size).toBe(ITEMS)
    expect(ran(folder)).toHaveLength(ITEMS + 2)
    expect(lines(folder.read('out.jsonl'))).toHaveLength(ITEMS)
    folder.remove()
  })

  test('a stage downstream cannot be set up', async () => {
    const folder = folderWith({
      ...files(input, { chunk: ITEMS }),
      'handle.mjs': `${tools}export default async (item, ctx) => {
  note('./ran.txt', ctx.key)
${waiting}`,
      'broken.mjs': `${tools}export async function setup() {
  while (!isThere('./ran.txt') || !readFileSync(new URL('./ran.txt', import.meta.url), 'utf8').includes('${LAST}'))
    await new Promise(done => setTimeout(done, 5))
  throw new Error('no such model')
}
export default item => item
`.replace('existsSync', 'existsSync, readFileSync'),
      'job.json': JSON.stringify({
        name: 'ahead',
        input,
        stages: [
          { name: 'work', map: './handle.mjs', chunk: ITEMS },
          { name: 'next', map: './broken.mjs', after: 'work' },
        ],
      }),
      'two.json': JSON.stringify({ machines: [{ id: 'box', slots: 2 }] }),
    })
    await givesUp(folder, 'no such model', 'run', 'job.json', '--machines', 'two.json')
    folder.remove()
  })
})
