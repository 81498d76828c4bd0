import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Folder, folderWith, lines, ran } from './harness.ts'

/**
 * Slots hold items ahead so that none stands idle. After a first Ctrl-C what runs may end, and nothing of these
 * begins: the next life runs them.
 */
const ITEMS = 120
const words = ['run', 'job.json', '--machines', 'one.json'] as const

const files = (input: object, more: object): Record<string, string> => ({
  'job.json': JSON.stringify({
    name: 'ahead',
    input,
    stages: [{ name: 'work', map: './handle.mjs', output: { jsonl: 'out.jsonl' }, ...more }],
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
