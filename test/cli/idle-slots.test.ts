import { describe, expect, test } from 'vitest'
import { folderWith, lines, ran } from './harness.ts'

/**
 * What was sent to a slot waits behind what runs there. Where another slot has nothing to do it goes there: the first
 * item here ends only when all others have.
 */
const tools = `import { appendFileSync, readFileSync } from 'node:fs'
const here = name => new URL(name, import.meta.url)
const note = text => appendFileSync(here('./ran.txt'), text + '\\n')
const noted = () => readFileSync(here('./ran.txt'), 'utf8').trim().split('\\n').length
const wait = ms => new Promise(done => setTimeout(done, ms))
`
const handler = (items: number) => `${tools}
export default async (item, ctx) => {
  if (item === 0) while (noted() < ${items - 1}) await wait(5)
  else await wait(20)
  note(ctx.key)
  return item
}
`

async function runs(job: object, machines: readonly object[], items: number) {
  const folder = folderWith({
    'ran.txt': '',
    'handle.mjs': handler(items),
    'job.json': JSON.stringify({
      name: 'idle',
      input: { range: { from: 0, to: items } },
      stages: [{ name: 'work', map: './handle.mjs', output: { jsonl: 'out.jsonl' }, ...job }],
    }),
    'machines.json': JSON.stringify({ machines }),
  })
  const run = await folder.dray('run', 'job.json', '--machines', 'machines.json', '--json')
  expect(run.code, run.err).toBe(0)
  expect(JSON.parse(run.out)).toMatchObject({ items: { done: items, failed: 0 }, retries: 0 })
  const all = Array.from({ length: items }, (_, n) => String(n))
  expect(ran(folder).at(-1)).toBe('0')
  expect([...ran(folder)].sort()).toEqual(all.sort())
  expect(lines(folder.read('out.jsonl'))).toHaveLength(items)
  const report = JSON.parse((await folder.dray('report', '--json', '--html', 'page.html')).out)
  expect(report).toMatchObject({ undrawn: 0 })
  folder.remove()
}

describe('no item waits behind a slow one while a slot has nothing to do', () => {
  for (const isolation of ['process', 'thread'] as const)
    test(`in one chunk of 13 on two slots, each a ${isolation}`, async () => {
      await runs({ chunk: 13, isolation }, [{ id: 'box', slots: 2 }], 13)
    })

  test('sent ahead one by one to machines of different speeds', async () => {
    const machines = [{ id: 'slow', speed: 0.25 }, { id: 'fast' }]
    await runs({ chunk: 'auto' }, machines, 20)
  })

  test('in chunks on machines of different speeds, bound early', async () => {
    const machines = [{ id: 'slow', speed: 0.25 }, { id: 'fast' }]
    await runs({ chunk: 5 }, machines, 20)
  })
})
