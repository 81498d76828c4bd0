import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Summary, summarise } from '../../src/api/summary.ts'
import { emptyState } from '../../src/core/initial.ts'
import { step } from '../../src/core/step.ts'
import type { ChunkSpec, Job } from '../../src/model/job.ts'
import type { StageDefinition } from '../../src/model/run.ts'
import { problemRun } from '../../src/sim/simulate.ts'
import { article } from '../choose/problems.ts'
import { fasterSettings } from '../../src/cli/end/faster.ts'
import { memoryAdvice } from '../../src/cli/end/memory-advice.ts'
import { whereItWent } from '../../src/cli/end/where-it-went.ts'
import { folderWith, noting, untilGo } from './harness.ts'

/** What a run says of its own time. */

const summary = (out: string) => JSON.parse(out) as Summary

test('a makespan leaves out the time in which nobody worked on the run', async () => {
  const folder = folderWith({
    'handle.mjs': noting(`${untilGo('ctx.index > 5')}return item`),
  })
  const words = ['map', 'handle.mjs', 'range:0..12', '-o', 'out.jsonl'] as const
  const begun = folder.begin(...words, '--events')
  await begun.hasEnded(4)
  begun.signal('SIGKILL')
  await begun.ended
  folder.write('go', '')
  await pause(2_500)
  const { code, out, err } = await folder.dray(...words, '--json')
  expect(code, err).toBe(0)
  const { seconds, makespan, lowerBound, utilisation } = summary(out)
  expect(seconds - makespan).toBeGreaterThan(2.5)
  expect(makespan).toBeGreaterThanOrEqual(lowerBound)
  expect(utilisation).toBeGreaterThan(0)
  expect((await folder.dray('status')).out).toMatch(
    /\n {2}[\d.]+ m?s, without [2-9]\S* s in which it lay still, 1[2-9] attempts/,
  )
  folder.remove()
})

test('--events tell each failure, each item that is started, and sums that agree with the run', async () => {
  const folder = folderWith({
    'handle.mjs': `export default (item, ctx) => item.n === 1 ? ctx.failed('one') : item.n`,
    'rows.jsonl': '{"n":0}\n{"n":1}\n{"n":\n{"n":3}\n{"n":4}\n',
    'job.yaml': `
input: { jsonl: rows.jsonl }
stages:
  - { name: first, map: ./handle.mjs, chunk: 3, retry: { attempts: 1 } }
  - { name: next, map: ./handle.mjs, after: first }
`,
  })
  type Said = Readonly<Record<string, unknown>> & {
    readonly event: string
    readonly stage?: string
  }
  const { out } = await folder.dray('run', 'job.yaml', '--events')
  const said = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Said)
  const of = (event: string, stage = 'first') =>
    said.filter(line => line.event === event && line.stage === stage)
  expect(of('failed').map(({ index, kind }) => [index, kind])).toEqual([
    [2, 'bad-input'],
    [1, 'error'],
  ])
  const started = of('started').flatMap(({ indexes, counts, items }) => {
    const sizes = (counts ?? (indexes as number[]).map(() => 1)) as number[]
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(items)
    return (indexes as number[]).flatMap((first, at) =>
      Array.from({ length: sizes[at] }, (_, nth) => first + nth),
    )
  })
  expect(started.sort()).toEqual([0, 1, 3, 4])
  expect(of('stage', 'next')).toMatchObject([{ total: 5, failed: 0, skipped: 2, cancelled: 0 }])
  folder.remove()
})

test('of interruptions before the first answer each counts from where work began again', () => {
  const state = emptyState()
  const given = problemRun(article(), { strategy: 'on-demand' })
  const run = { ...given, stages: [{ ...given.stages[0], link: { kind: 'source' as const } }] }
  const machine = { id: 'm0', speed: 1, slots: 1, capacity: {}, cost: 0 }
  const at = (seconds: number, ...events: Parameters<typeof step>[2]): void => {
    step(state, seconds * 1e6, events)
  }
  const goOn = [
    { kind: 'joined', machine },
    { kind: 'goOn', run: 0 },
  ] as const
  const interrupted = [
    { kind: 'left', machine: 0, reason: 'gone' },
    { kind: 'pause', run: 0 },
  ] as const
  at(1, { kind: 'joined', machine }, { kind: 'submit', run })
  at(2, { kind: 'read', stage: 0, first: 0, count: 1, cursor: '', done: true })
  at(10, ...interrupted)
  at(20, ...goOn)
  at(30, ...interrupted)
  at(32, ...goOn)
  const [task] = state.machines[0].slots[0].running
  at(40, {
    ...{ kind: 'outcomes', machine: 0, slot: 0, tasks: [task], peakBytes: 0, failures: [] },
    ...{ attempts: [state.tasks.attempt[task]], indexes: [0], codes: [0], micros: [8e6] },
  })
  // What was done before each interruption is not known; from 32 s to 40 s it was at work.
  const { makespan, utilisation } = summarise(state, state.runs[0], [])
  expect(makespan).toBe(8)
  expect(utilisation).toBe(1)
})

test('an attempt whose slot ends without an answer is part of the makespan', () => {
  const state = emptyState()
  const given = problemRun(article(), { strategy: 'on-demand' })
  const run = { ...given, stages: [{ ...given.stages[0], link: { kind: 'source' as const } }] }
  const machine = { id: 'm0', speed: 1, slots: 1, capacity: {}, cost: 0 }
  step(state, 1e6, [
    { kind: 'joined', machine },
    { kind: 'submit', run },
    { kind: 'read', stage: 0, first: 0, count: 2, cursor: '', done: true },
  ])
  const [task] = state.machines[0].slots[0].running
  step(state, 2e6, [
    {
      ...{ kind: 'outcomes', machine: 0, slot: 0, tasks: [task], peakBytes: 0, failures: [] },
      ...{ attempts: [state.tasks.attempt[task]], indexes: [0], codes: [0], micros: [1e6] },
    },
  ])
  const failure = { kind: 'lost', message: 'left behind' } as const
  step(state, 3e6, [{ kind: 'drain' }])
  step(state, 6e6, [{ kind: 'slotEnded', machine: 0, slot: 0, failure }])
  const { makespan, lowerBound, utilisation } = summarise(state, state.runs[0], [])
  expect({ makespan, lowerBound, utilisation }).toEqual({
    makespan: 5,
    lowerBound: 5,
    utilisation: 1,
  })
})

/** A run of one stage on one machine whose history is given: by slot, when each item of its one attempt ended. */
function recorded(
  stage: Partial<StageDefinition>,
  { slots, count }: { readonly slots: number; readonly count: number },
  entries: readonly {
    readonly slot: number
    readonly start: number
    readonly end: number
    readonly index: number
  }[],
) {
  const state = emptyState()
  const given = problemRun(article(), { strategy: 'on-demand' })
  const one = { ...given.stages[0], ...stage, link: { kind: 'source' as const } }
  const machine = { id: 'm0', speed: 1, slots, capacity: { cpu: 2 }, cost: 0 }
  step(state, 1, [
    { kind: 'joined', machine },
    { kind: 'submit', run: { ...given, order: 'fifo', stages: [one] } },
  ])
  step(state, 2, [{ kind: 'read', stage: 0, first: 0, count, cursor: '', done: true }])
  const column = (of: (entry: (typeof entries)[number]) => number) => entries.map(of)
  const ones = column(() => 1)
  const batch = {
    ...{ run: given.name, stage: one.name, machines: entries.map(() => 'm0'), counts: ones },
    ...{ attempts: column(({ slot }) => slot), indexes: column(({ index }) => index) },
    ...{
      slots: column(({ slot }) => slot),
      starts: column(({ start }) => Math.round(start * 1e6)),
    },
    ...{
      ends: column(({ end }) => Math.round(end * 1e6)),
      cpuMicros: ones,
      peakBytes: ones,
      sizes: ones,
    },
    outcomes: entries.map((_, at) => (at === 0 ? 'error' : 'done')),
  }
  const store = { history: () => [batch].values() }
  return { state, machines: [machine], runNamed: () => state.runs[0], store }
}

test.each([
  ['model loads', { name: 'net', memory: 0 }],
  ['starting slots', undefined],
])('over the bound, %s and each gap are called what they are', (setUp, loads) => {
  // The first fails; the second was not due yet; then the first goes again.
  const host = recorded({ loads }, { slots: 1, count: 3 }, [
    { slot: 0, start: 1, end: 2, index: 0 },
    { slot: 0, start: 10, end: 11, index: 1 },
    { slot: 0, start: 13, end: 14, index: 0 },
    { slot: 0, start: 14.01, end: 15.01, index: 2 },
  ])
  const { state } = host
  step(state, 1e6 + 2, [{ kind: 'loaded', machine: 0, slot: 0, stage: 0, micros: 1e6, bytes: 0 }])
  const whole = {
    ...summarise(state, state.runs[0], []),
    makespan: 14.01,
    lowerBound: 4,
    retries: 1,
  }
  const parts = whereItWent(whole, host).filter(({ seconds }) => seconds > 0)
  expect(parts).toEqual([
    { name: setUp, seconds: 1 },
    { name: 'failed attempts and backing off', seconds: 2 },
    { name: 'nothing running', seconds: 7 },
    { name: 'dispatch and waiting', seconds: expect.closeTo(0.01, 6) },
  ])
  // Of the seven seconds in which nothing ran nobody worked on it for five, which is no time of the run.
  const rested = { ...state.runs[0], rested: 5e6 }
  const gone = { ...host, runNamed: () => rested }
  expect(whereItWent({ ...whole, makespan: 9.01 }, gone)).toContainEqual({
    name: 'nothing running',
    seconds: 2,
  })
})

const roomy = { id: 'roomy', speed: 1, slots: 4, capacity: { cpu: 4, memory: 64e9 }, cost: 0 }
const small = { ...roomy, id: 'small', capacity: { cpu: 4, memory: 2e9 } }

test.each([
  ['nothing asked for, and room for all slots at once', 0, 400e6, roomy, undefined],
  ['nothing asked for, and no room for all', 0, 900e6, small, "'1.15GB' } would keep the box"],
  ['less than it held', 300e6, 400e6, roomy, "'500MB' } would be safer"],
  ['far more than it held', 1.5e9, 400e6, small, "'500MB' } would allow 3 more at once"],
  ['far more, where all slots fit anyhow', 1.5e9, 400e6, roomy, undefined],
])('advice on memory: %s', (_, memoryAsked, memoryPeak, machine, said) => {
  const advice = memoryAdvice({ memoryAsked, memoryPeak }, [machine])
  if (said === undefined) expect(advice).toBeUndefined()
  else expect(advice).toContain(`needs: { memory: ${said}`)
})

test('the end of a run says how long it took and could have taken, and what it wrote, one file or many', async () => {
  const folder = folderWith({
    'handle.mjs': 'export default item => item\n',
    'job.yaml': `
name: told
input: { range: { from: 0, to: 3 } }
stages:
  - { name: one, map: ./handle.mjs, output: { jsonl: out.jsonl } }
  - { name: two, map: ./handle.mjs, output: { each: 'out/{key}.json' } }
`,
  })
  const { code, out, err } = await folder.dray('run')
  expect(code, err).toBe(0)
  expect(out).toMatch(/^ {2}makespan +[\d.]+ \w+, no schedule is below [\d.]+ \w+$/m)
  expect(out).toMatch(/^ {2}over it +[\d.]+ \w+/m)
  expect(out).toMatch(/^ {2}utilisation +[\d.]+ % of /m)
  expect(out).toMatch(/^ {2}memory one +[\d.]+ MB used, not asked for$/m)
  expect(out).toMatch(/^ {2}out\.jsonl +3 items, \d+ B$/m)
  expect(out).toMatch(/^ {2}out\S* +3 items, 3 files, \d+ B$/m)
  folder.remove()
})

/** A job of that stage, as far as advice looks at it. */
const jobOf = (name: string, chunk: ChunkSpec, cpu: number) =>
  ({ stages: [{ name, kind: 'map', chunk, needs: { cpu } }] }) as unknown as Job

test.each([
  ['shared', 1, 1.1, 'would share its last items among the slots: 1.05 s less'],
  ['not shared where no two fit', 2, 1.1, ''],
  ['not shared where a batch takes them together', 1, 1, ''],
])('items of a chunk that waited while a slot was idle: %s', (_, cpu, second, said) => {
  const ends = [2, 2 + second, 3 + second, 3 + 2 * second]
  const chunk = { kind: 'fixed', items: 4 } as const
  const host = recorded({ chunk }, { slots: 2, count: 5 }, [
    ...ends.map((end, index) => ({ slot: 0, start: [1, ...ends][index], end, index })),
    { slot: 1, start: 1, end: 2, index: 4 },
  ])
  const { state } = host
  const whole = { ...summarise(state, state.runs[0], []), makespan: 4 }
  const [name] = state.stages.map(({ definition }) => definition.name)
  const advice = fasterSettings(whole, host, jobOf(name, chunk, cpu))
  expect(advice).toEqual(said === '' ? [] : [expect.stringContaining(said)])
  // Nobody makes a run of less than a second faster.
  expect(fasterSettings({ ...whole, makespan: 0.9 }, host, jobOf(name, chunk, cpu))).toEqual([])
})

test('starting slots is what their first tasks waited for them, a model’s own setup apart', () => {
  const loads = { name: 'net', memory: 0 }
  const host = recorded({ loads }, { slots: 2, count: 2 }, [
    { slot: 0, start: 0, end: 4, index: 0 },
    { slot: 1, start: 0, end: 4, index: 1 },
  ])
  const { state } = host
  // Sent at 2 micros; both slots are there 3 s later, of which the model took 1 s.
  for (const slot of [0, 1])
    step(state, 3e6 + 2, [{ kind: 'loaded', machine: 0, slot, stage: 0, micros: 1e6, bytes: 0 }])
  const whole = { ...summarise(state, state.runs[0], []), makespan: 4, lowerBound: 1 }
  const parts = whereItWent(whole, host).filter(({ seconds }) => seconds > 0)
  expect(parts).toEqual([
    { name: 'model loads', seconds: 1 },
    { name: 'starting slots', seconds: 2 },
  ])
})

test.each([
  [100, 'would hand over more items at a time'],
  [1_000_000, ''],
])('items of %d us that take 300 us to hand over, one by one', (micros, said) => {
  const chunk = { kind: 'fixed', items: 1 } as const
  const host = recorded({ chunk }, { slots: 1, count: 300 }, [])
  const { state } = host
  const [slot] = state.machines[0].slots
  for (let now = 1_000; slot.running.length > 0; ) {
    const tasks = [...slot.running]
    now += tasks.length * (micros + 300)
    step(state, now, [
      {
        ...{ kind: 'outcomes', machine: 0, slot: 0, tasks, peakBytes: 0, failures: [] },
        attempts: tasks.map(task => state.tasks.attempt[task]),
        indexes: tasks.map(task => state.tasks.first[task]),
        ...{ codes: tasks.map(() => 0), micros: tasks.map(() => micros) },
      },
    ])
  }
  const whole = { ...summarise(state, state.runs[0], []), makespan: 2 }
  expect(whole.items.done).toBe(300)
  const [name] = state.stages.map(({ definition }) => definition.name)
  const advice = fasterSettings(whole, host, jobOf(name, chunk, 1))
  expect(advice).toEqual(said === '' ? [] : [expect.stringContaining(said)])
})

test.each([
  ['never answers', 'await new Promise(() => setInterval(() => {}, 1_000))'],
  ['spins', 'for (;;) {}'],
  ['crashes late', 'for (const end = Date.now() + 1_000; Date.now() < end; ) {}; process.abort()'],
])('an attempt that %s took its slot: it counts as busy', async (_name, body) => {
  const folder = folderWith({
    'handle.mjs': noting(body),
    'job.yaml': `
name: stuck
input: { range: { from: 0, to: 1 } }
stages: [{ name: only, map: ./handle.mjs, timeout: 1s, grace: 200ms, retry: { attempts: 1 } }]
`,
  })
  const { code, out, err } = await folder.dray('run', '--json')
  expect(code, err).toBe(1)
  const { machines, utilisation, lowerBound } = summary(out)
  expect(machines[0].busySeconds).toBeGreaterThan(0.9)
  expect(lowerBound * machines[0].slots).toBeGreaterThan(0.9)
  expect(utilisation).toBeGreaterThan(0)
  folder.remove()
})

test('attempts are counted by items, answered or not, in chunks too, and machines’ tasks add up to them', async () => {
  const folder = folderWith({
    'handle.mjs': `export default (item, { attempt }) => {
      if (item === 3 && attempt === 1) throw new Error('once')
      if (item === 25 && attempt === 1) return new Promise(() => setInterval(() => {}, 1_000))
      if (item === 26 && attempt === 1) process.abort()
      return item
    }`,
    'job.yaml': `
name: chunks
input: { range: { from: 0, to: 27 } }
stages:
  - { name: first, map: ./handle.mjs, chunk: 5, timeout: 300ms, retry: { attempts: 2, delay: 1ms } }
`,
  })
  const { code, out, err } = await folder.dray('run', '--json')
  expect(code, err).toBe(0)
  const { attempts, retries, machines } = summary(out)
  expect(retries).toBe(3)
  // An item that waited in a chunk whose slot ended goes again uncharged; it is one attempt all the same.
  expect(attempts).toBeGreaterThanOrEqual(27 + 3)
  expect(attempts).toBeLessThanOrEqual(27 + 3 + 2)
  expect(machines.reduce((all, { tasks }) => all + tasks, 0)).toBe(attempts)
  folder.remove()
})

const crewOf = (out: string) => {
  const { machines, lowerBound, utilisation } = summary(out)
  return {
    machines: machines.map(({ id, slots, tasks }) => ({ id, slots, tasks })),
    ...{ lowerBound, utilisation },
  }
}
const carved = (...machines: readonly object[]) => JSON.stringify({ machines })
const aWhile = (millis: number) => `
import { setTimeout as wait } from 'node:timers/promises'
export default async item => { await wait(${millis}); return item }
`

test('measures of a run are of the machines that it had, whatever its directory is given later', async () => {
  const folder = folderWith({
    'handle.mjs': aWhile(20),
    'pair.json': carved({ id: 'fast', slots: 2 }, { id: 'slow', speed: 0.5 }),
    'slower.json': carved({ id: 'fast', speed: 0.5 }),
    'job.yaml': 'input: { range: { from: 0, to: 20 } }\nstages: [{ name: a, map: ./handle.mjs }]\n',
  })
  const { out, err } = await folder.dray('run', '--machines', 'pair.json', '--json')
  const first = crewOf(out)
  expect(first.machines, err).toMatchObject([
    { id: 'fast', slots: 2 },
    { id: 'slow', slots: 1 },
  ])
  for (const machines of [[], ['--machines', 'slower.json']])
    expect(crewOf((await folder.dray('run', ...machines, '--json')).out)).toEqual(first)
  const other = ['map', 'handle.mjs', 'range:0..3', '-o', 'out.jsonl', '--machines', 'slower.json']
  expect((await folder.dray(...other)).code).toBe(0)
  expect(crewOf((await folder.dray('status', 'job', '--json')).out)).toEqual(first)
  folder.remove()
})

test('a run that goes on on other machines counts what all of them did, and its bound holds', async () => {
  const folder = folderWith({
    'handle.mjs': aWhile(250),
    'many.json': carved({ id: 'many', slots: 4 }),
    'one.json': carved({ id: 'one' }),
  })
  const words = ['map', 'handle.mjs', 'range:0..16', '-o', 'out.jsonl'] as const
  const begun = folder.begin(...words, '--machines', 'many.json', '--events')
  await begun.hasEnded(12)
  begun.signal('SIGKILL')
  await begun.ended
  const { out, err } = await folder.dray(...words, '--machines', 'one.json', '--json')
  const { machines, attempts, makespan, lowerBound, utilisation } = summary(out)
  expect(
    machines.map(({ id }) => id),
    err,
  ).toEqual(['many', 'one'])
  expect(machines.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(attempts)
  expect(lowerBound).toBeLessThanOrEqual(makespan)
  expect(utilisation).toBeLessThan(1)
  folder.remove()
})

test('of many stages the end lists those that failed and those that took most, and counts the others', async () => {
  const names = Array.from({ length: 30 }, (_, at) => `stage-${at}`)
  const folder = folderWith({
    'handle.mjs': 'export default item => item',
    'fail.mjs': `export default (item, ctx) => item === 1 ? ctx.failed('one') : item`,
    'job.json': JSON.stringify({
      input: { range: { from: 0, to: 2 } },
      tolerate: { failed: 1 },
      stages: names.map((name, at) => ({
        ...{ name, map: at === 29 ? './fail.mjs' : './handle.mjs', isolation: 'thread' },
        retry: { attempts: 1 },
      })),
    }),
  })
  const { out, err } = await folder.dray('run')
  const told = out.split('\n').filter(line => /^ {2}stage-/.test(line))
  expect(told, err).toHaveLength(21)
  expect(out).toMatch(/\n {2}stage-29 .*1 failed/)
  expect(out).toContain('\n  and 10 more stages\n')
  folder.remove()
})
