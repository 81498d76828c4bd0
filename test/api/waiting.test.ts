import { describe, expect, test } from 'vitest'
import { refusalsOf } from '../../src/api/why/refusals.ts'
import { whyItem } from '../../src/api/why/why-item.ts'
import { emptyState } from '../../src/core/initial.ts'
import type { State } from '../../src/core/state.ts'
import { step } from '../../src/core/step.ts'
import { createDisk } from '../../src/sim/disk.ts'
import { SECOND } from '../../src/std/time.ts'
import { definitionOf, joining, type LiveRun } from '../policy/live.ts'

/** All machines and runs at 0, every item known at a second. */
function begun(machines: number, runs: readonly LiveRun[], sizes?: readonly number[]): State {
  const state = emptyState()
  step(state, 0, [
    ...Array.from({ length: machines }, (_, at) => ({
      kind: 'joined' as const,
      machine: joining(at, {}),
    })),
    ...runs.map(run => ({ kind: 'submit' as const, run: definitionOf(run) })),
  ])
  const read = { kind: 'read' as const, first: 0, cursor: 'end', done: true }
  step(
    state,
    SECOND,
    runs.map((run, stage) => ({ ...read, stage, count: run.items, ...(sizes && { sizes }) })),
  )
  return state
}

test('why of an item says that its slot loads first, and what is sent behind it waits for it', () => {
  const state = begun(1, [{ name: 'A', items: 8, seconds: 1, loads: 10 }])
  const [stage] = state.stages
  const view = { state, store: createDisk().store, payloads: undefined, owned: true }
  const reasonOf = (now: number): string =>
    whyItem(view, state.runs[0], { index: 0 }, now)[0].reason ?? ''
  expect(reasonOf(3 * SECOND)).toMatch(/slot 0, which loads model of A for it, for 2 s;/)
  step(state, 4 * SECOND, [
    { kind: 'loaded', machine: 0, slot: 0, stage: stage.number, micros: 3 * SECOND, bytes: 0 },
  ])
  expect(reasonOf(5 * SECOND)).toMatch(/slot 0, for 1 s[,;]/)
})

test('why of an item in a chunk counts items: those before it in its own too, and foretells by them', () => {
  const state = begun(1, [{ name: 'A', items: 40, seconds: 1, chunk: 10 }])
  for (let index = 0; index < 5; index += 1) {
    const { attempt } = state.tasks
    const answer = { tasks: [0], attempts: [attempt[0]], indexes: [index], codes: [0] }
    step(state, (2 + index) * SECOND, [
      {
        ...{ kind: 'outcomes', machine: 0, slot: 0, peakBytes: 0, failures: [] },
        ...{ ...answer, micros: [SECOND] },
      },
    ])
  }
  const view = { state, store: createDisk().store, payloads: undefined, owned: true }
  const whyOf = (index: number) => whyItem(view, state.runs[0], { index }, 6 * SECOND)[0]
  const seconds = (at: { readonly expected: number } | undefined) => (at?.expected ?? 0) / SECOND
  expect(whyOf(5).reason).toContain('slot 0, for 0 us, usually 1 s;')
  expect(whyOf(9).reason).toContain('sent there, 4 items before it, usually 1 s;')
  expect(seconds(whyOf(9).forecastEnd)).toBeCloseTo(11, 0)
  expect(whyOf(35).reason).toContain('10 items of its stage go first, and 5 in its own chunk')
  // A range that few items made leans late.
  expect(Math.abs(seconds(whyOf(35).forecastStart) - 36)).toBeLessThan(1)
})

test.each([
  ['whose stream is open', { kind: 'source', pushed: true }, 'waits until its stream is closed'],
  ['whose input is read', { kind: 'source' }, 'waits until the input is read to its end'],
] as const)(
  'why of an item of a whole stage %s waits for the last one, and foretells nothing',
  (_, link, said) => {
    const state = begun(1, [{ name: 'A', items: 4, seconds: 1 }])
    const [first] = definitionOf({ name: 'B', items: 4, seconds: 1 }).stages
    const stages = [{ ...first, link, chunk: { kind: 'whole' as const } }]
    const run = { ...definitionOf({ name: 'B', items: 4, seconds: 1 }), stages }
    step(state, 2 * SECOND, [{ kind: 'submit', run }])
    step(state, 3 * SECOND, [
      { kind: 'read', stage: 1, first: 0, count: 4, cursor: 'c', done: false },
    ])
    const view = { state, store: createDisk().store, payloads: undefined, owned: true }
    const [why] = whyItem(view, state.runs[1], { index: 2 }, 4 * SECOND)
    expect(why).toMatchObject({ state: 'waiting', reason: expect.stringContaining(said) })
    expect(why.forecastStart).toBeUndefined()
  },
)

test('slots that are all busy are told as many as they are', () => {
  const state = emptyState()
  const machines = [1, 2].map(slots => ({ ...joining(slots, {}), slots, capacity: { cpu: 9 } }))
  const run = definitionOf({ name: 'A', items: 8, seconds: 1 })
  step(state, 0, [
    ...machines.map(machine => ({ kind: 'joined' as const, machine })),
    { kind: 'submit', run },
  ])
  step(state, SECOND, [{ kind: 'read', stage: 0, first: 0, count: 8, cursor: 'end', done: true }])
  const [klass] = state.classes
  expect(refusalsOf(state, state.runs[0], klass).map(({ reason }) => reason)).toEqual([
    'its slot is busy',
    'all 2 slots are busy',
  ])
})

describe('why a task waits though a slot is idle', () => {
  const models = (strategy: string): LiveRun[] =>
    ['A', 'B'].map(name => ({ name, items: 4, seconds: 1, loads: 10, strategy }))

  test('a machine is kept for what has waited long for room', () => {
    const state = emptyState()
    const machine = { ...joining(0, {}), slots: 2, capacity: { cpu: 2 } }
    const runs = [1, 2].map(cpu => {
      const run = definitionOf({
        name: `needs ${cpu}`,
        items: 0,
        seconds: 1,
        strategy: 'on-demand',
      })
      return { ...run, priority: cpu, stages: run.stages.map(at => ({ ...at, needs: { cpu } })) }
    })
    const read = { kind: 'read' as const, first: 0, cursor: 'end', done: true }
    step(state, 0, [
      { kind: 'joined', machine },
      { kind: 'submit', run: runs[0] },
    ])
    step(state, SECOND, [{ ...read, stage: 0, count: 99 }])
    step(state, SECOND, [{ kind: 'submit', run: runs[1] }])
    step(state, SECOND, [{ ...read, stage: 1, count: 1 }])
    const { tasks } = state
    for (let at = 0; at < 99; at += 1) {
      const slot = at % 2
      const [task] = state.machines[0].slots[slot].running
      const item = { tasks: [task], attempts: [tasks.attempt[task]], indexes: [tasks.first[task]] }
      const answer = { codes: [0], micros: [SECOND], failures: [], peakBytes: 0 }
      step(state, 2 * SECOND + (at * SECOND) / 2, [
        { kind: 'outcomes', machine: 0, slot, ...item, ...answer },
      ])
      if (state.machines[0].idle.length > 0) break
    }
    const [small] = state.stages[0].classes.map(number => state.classes[number])
    expect(refusalsOf(state, state.runs[0], small).map(({ reason }) => reason)).toEqual([
      'it is kept for an item of items, which has waited long for room',
    ])
  })

  test('setup-aware waits for the slot that loads the model: said of every machine that is idle', () => {
    const state = begun(3, models('setup-aware'))
    const [klass] = state.classes
    expect(refusalsOf(state, state.runs[0], klass).map(({ reason }) => reason)).toEqual([
      expect.stringContaining('1 of 1 slot is busy'),
      expect.stringContaining('1 of 1 slot is busy'),
      expect.stringContaining('does not hold model of A'),
    ])
  })

  test('under hrrn, all that are more urgent now go before, whatever their size', () => {
    const state = begun(1, [{ name: 'A', items: 4, seconds: 1, order: 'hrrn' }], [9, 4, 1, 2])
    step(state, 9 * SECOND, [])
    const view = { state, store: createDisk().store, payloads: undefined, owned: true }
    const reasonOf = (index: number): string =>
      whyItem(view, state.runs[0], { index }, 9 * SECOND)[0].reason ?? ''
    expect(reasonOf(2)).toContain('0 items of its stage go first (order hrrn)')
    expect(reasonOf(3)).toContain('1 item of its stage goes first')
    expect(reasonOf(1)).toContain('2 items')
  })

  test('under fair, whose share comes first', () => {
    const state = begun(1, [
      { name: 'A', items: 4, seconds: 1, order: 'fair', tenant: 'ann' },
      { name: 'B', items: 4, seconds: 1, order: 'fair', tenant: 'bob' },
    ])
    const view = { state, store: createDisk().store, payloads: undefined, owned: true }
    const reasonOf = (run: number, index: number): string =>
      whyItem(view, state.runs[run], { index }, SECOND)[0].reason ?? ''
    expect(reasonOf(0, 1)).toContain('tenant ann: after bob')
    expect(reasonOf(1, 0)).toContain('tenant bob: its share comes next')
  })
})
