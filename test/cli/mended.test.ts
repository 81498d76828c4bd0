import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Folder, folderWith, lines } from './harness.ts'

/** A plan that a running job follows, and what real processes do to it. */

type Line = {
  readonly event: string
  readonly stage?: string
  readonly machine?: string
  readonly strategy?: string
  readonly seed?: number
  readonly steps?: number
  readonly tasks?: number
  readonly index?: number
  readonly indexes?: readonly number[]
  readonly why?: string
}

const eventsIn = (text: string): Line[] =>
  lines(text)
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Line)

const plansIn = (events: readonly Line[]) =>
  events.filter(({ event, stage }) => event === 'plan' && stage !== undefined)

/**
 * Until the file `go` is there a slot handles no more than it takes to learn times by. The first item to see it
 * says who it is, and hangs; every other takes some milliseconds.
 */
const victim = `import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
const at = name => new URL('./' + name, import.meta.url)
const pause = ms => new Promise(done => setTimeout(done, ms))
let handled = 0
export default async (item, ctx) => {
  handled += 1
  while (handled > 8 && !existsSync(at('go'))) await pause(10)
  if (existsSync(at('go')) && !existsSync(at('taken'))) {
    try {
      mkdirSync(at('taken'))
      writeFileSync(at('pid'), JSON.stringify({ item, pid: process.pid }))
      await pause(60_000)
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
  }
  await pause(20)
  return { item, attempt: ctx.attempt }
}
`
/** Until the file `planned` is there a slot handles no more than it takes to learn times by. */
const patient = `import { existsSync } from 'node:fs'
let handled = 0
export default async item => {
  handled += 1
  do await new Promise(done => setTimeout(done, 20))
  while (handled > 8 && !existsSync(new URL('./planned', import.meta.url)))
  return item
}
`
const machines = (...speeds: number[]) =>
  JSON.stringify({ machines: speeds.map((speed, at) => ({ id: 'abc'[at], speed })) })

const job = (items: number) =>
  JSON.stringify({
    name: 'planned',
    input: { range: { from: 0, to: items } },
    strategy: 'heft',
    stages: [
      {
        name: 's',
        map: './handle.mjs',
        chunk: 1,
        retry: { delay: '20ms' },
        output: { jsonl: 'out.jsonl' },
      },
    ],
  })

async function until(folder: Folder, name: string): Promise<string> {
  while (!folder.has(name) || folder.read(name) === '') {
    await new Promise(done => setTimeout(done, 10))
  }
  return folder.read(name)
}

test('a slot that is killed while a plan is followed: the plan is mended, and nothing is lost', async () => {
  const files = { 'handle.mjs': victim, 'job.json': job(300), 'm.json': machines(1, 0.5, 1) }
  const folder = folderWith(files)
  const run = folder.begin('run', 'job.json', '--machines', 'm.json', '--events')
  await run.says('"strategy":"heft"')
  folder.write('go', '')
  const { item, pid } = JSON.parse(await until(folder, 'pid')) as { item: number; pid: number }
  process.kill(pid, 'SIGKILL')
  const { code, out, err } = await run.ended
  expect(code, err).toBe(0)

  const events = eventsIn(out)
  expect(events).toContainEqual(expect.objectContaining({ event: 'slot-ended', kind: 'crash' }))
  expect(events).toContainEqual(expect.objectContaining({ event: 'retry', index: item }))
  const mended = plansIn(events).filter(({ why }) =>
    why?.includes(`item ${item} goes again after crash`),
  )
  expect(mended).toHaveLength(1)
  expect(mended[0].tasks).toBeGreaterThan(0)
  const rows = lines(folder.read('out.jsonl')).map(line => JSON.parse(line).result)
  expect(rows.map(row => row.item)).toEqual(Array.from({ length: 300 }, (_, n) => n))
  expect(rows.filter(({ attempt }) => attempt > 1).map(row => row.item)).toEqual([item])
  folder.remove()
}, 60_000)

test('every plan says its seed and its steps', async () => {
  const files = { 'handle.mjs': patient, 'job.json': job(60), 'm.json': machines(1, 0.5) }
  const folder = folderWith(files)
  const words = ['run', 'job.json', '--machines', 'm.json', '--events', '--strategy']
  const run = folder.begin(...words, 'local-search')
  await run.says('"strategy":"local-search","seed":')
  folder.write('planned', '')
  const { code, out, err } = await run.ended
  expect(code, err).toBe(0)
  const [plan] = plansIn(eventsIn(out))
  expect(plan).toMatchObject({ strategy: 'local-search', seed: 1 })
  expect(plan.steps).toBeGreaterThan(0)
  folder.remove()
}, 60_000)

test('a run that goes on with a machine more gives it work, and one with a machine less goes without', async () => {
  const files = {
    'handle.mjs': patient,
    'job.json': job(600),
    'two.json': machines(1, 0.5),
    'three.json': machines(1, 0.5, 1),
  }
  const folder = folderWith(files)
  const words = (name: string) => ['run', 'job.json', '--machines', name, '--events'] as const
  const interruptedOnceItPlans = async (machines: string) => {
    const run = folder.begin(...words(machines))
    await run.says('"strategy":"heft"')
    run.signal('SIGINT')
    folder.write('planned', '')
    return await run.ended
  }
  expect(await interruptedOnceItPlans('two.json')).toMatchObject({ code: 130 })

  rmSync(join(folder.path, 'planned'))
  const more = await interruptedOnceItPlans('three.json')
  expect(more).toMatchObject({ code: 130 })
  const startsOn = (out: string, id: string) =>
    eventsIn(out).filter(({ event, machine }) => event === 'started' && machine === id).length
  expect(startsOn(more.out, 'c')).toBeGreaterThanOrEqual(5)

  const last = await folder.dray(...words('two.json'))
  expect(last.code, last.err).toBe(0)
  expect(startsOn(last.out, 'c')).toBe(0)
  expect(lines(folder.read('out.jsonl'))).toHaveLength(600)
  folder.remove()
}, 60_000)

test('a plan says where, and the order that the job names who goes first there', async () => {
  const items = Array.from({ length: 90 }, (_, n) => ({ n, due: `${1_000 - n}s` }))
  const folder = folderWith({
    'handle.mjs': patient,
    'm.json': machines(1, 0.5),
    'job.json': JSON.stringify({
      ...{ name: 'dues', input: { items }, due: { field: 'due' }, strategy: 'heft', order: 'edd' },
      stages: [{ name: 's', map: './handle.mjs', chunk: 1 }],
    }),
  })
  const run = folder.begin('run', '--machines', 'm.json', '--events', 'job.json')
  await run.says('"strategy":"heft","seed":')
  folder.write('planned', '')
  const { code, out, err } = await run.ended
  expect(code, err).toBe(0)
  const events = eventsIn(out)
  const at = events.flatMap((line, nth) => (plansIn([line]).length > 0 ? [nth] : []))
  expect(at.length).toBeGreaterThan(0)
  at.forEach((from, nth) => {
    for (const id of ['a', 'b']) {
      const started = events
        .slice(from, at[nth + 1])
        .filter(({ event, machine }) => event === 'started' && machine === id)
        .flatMap(({ indexes }) => indexes ?? [])
      expect(started, id).toEqual(started.toSorted((a, b) => b - a))
    }
  })
  folder.remove()
}, 60_000)
