import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Summary, summarise } from '../../src/api/summary.ts'
import { emptyState } from '../../src/core/initial.ts'
import { step } from '../../src/core/step.ts'
import { problemRun } from '../../src/sim/simulate.ts'
import { article } from '../choose/problems.ts'
import { folderWith, noting } from './harness.ts'

/** What a run says of its own time. */

const summary = (out: string) => JSON.parse(out) as Summary

test('a makespan leaves out the time in which nobody worked on the run', async () => {
  const folder = folderWith({
    'handle.mjs': noting('await new Promise(done => setTimeout(done, 100)); return item'),
  })
  const words = ['map', 'handle.mjs', 'range:0..12', '-o', 'out.jsonl'] as const
  const begun = folder.begin(...words, '--events')
  await begun.hasEnded(4)
  begun.signal('SIGKILL')
  await begun.ended
  await pause(2_500)
  const { code, out, err } = await folder.dray(...words, '--json')
  expect(code, err).toBe(0)
  const { seconds, makespan, lowerBound, utilisation } = summary(out)
  expect(seconds - makespan).toBeGreaterThan(2.5)
  expect(makespan).toBeGreaterThanOrEqual(lowerBound)
  expect(utilisation).toBeGreaterThan(0)
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
