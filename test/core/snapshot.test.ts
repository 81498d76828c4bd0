import { expect, test } from 'vitest'
import type { Event } from '../../src/core/event.ts'
import { whyGivenUpOn } from '../../src/core/given-up.ts'
import { emptyState } from '../../src/core/initial.ts'
import { decodeState, encodeState } from '../../src/core/snapshot.ts'
import { step } from '../../src/core/step.ts'
import type { State } from '../../src/core/state.ts'
import { runOf, stageOf } from '../fixtures/run-definition.ts'

const run = runOf([stageOf()])

const joined = (id: string): Event => ({
  kind: 'joined',
  machine: { id, speed: 1, slots: 1, capacity: {}, cost: 0 },
})

const died: Event = {
  kind: 'slotEnded',
  machine: 1,
  slot: 0,
  failure: { kind: 'crash', message: 'died' },
}

/** Slots that ended while a stage was set up in them: two of the three that a machine gets for it, on the second of two machines. */
function twoLost(): State {
  const state = emptyState()
  const read: Event = { kind: 'read', stage: 0, first: 0, count: 9, cursor: '', done: true }
  step(state, 1, [joined('m0'), joined('m1'), { kind: 'submit', run }, read])
  step(state, 2, [died])
  step(state, 3, [died])
  return state
}

const whyGivenUp = (state: State): string | undefined => {
  step(state, 4, [died])
  return whyGivenUpOn(state.stages[0], 1)
}

test('a snapshot keeps the count of slots that ended under a setup', () => {
  const text = encodeState(twoLost())
  expect(whyGivenUp(decodeState(text))).toBe('3 slots in a row ended under it; the last: died')
})

test('a snapshot of an earlier version has a list by machine', () => {
  const text = encodeState(twoLost())
  const by = '{"1":{"count":2,"hangs":false,"last":"died"}}'
  expect(text).toContain(`"lostOn":${by}`)
  const earlier = text.replace(by, '[null,{"count":2,"hangs":false,"last":"died"}]')
  expect(whyGivenUp(decodeState(earlier))).toBe('3 slots in a row ended under it; the last: died')
})

test('a snapshot keeps what was foretold of a run and how that came out before; one of an earlier version has none', () => {
  const told = { mark: 1, at: 2, low: 3, expected: 4, high: 5 }
  const state = emptyState()
  step(state, 1, [{ kind: 'submit', run }])
  step(state, 2, [
    { kind: 'hindsight', run: 0, hindsight: [1, 0.5, 0.25] },
    { kind: 'foretold', run: 0, ...told },
  ])
  const text = encodeState(state)
  const kept = decodeState(text).runs[0]
  expect(kept.hindsight).toEqual([1, 0.5, 0.25])
  expect(kept.foretold).toEqual([{ ...told, rested: 0 }])
  const added =
    ',"hindsight":[1,0.5,0.25],"foretold":[{"mark":1,"at":2,"low":3,"expected":4,"high":5,"rested":0}]'
  expect(text).toContain(added)
  const [earlier] = decodeState(text.replace(added, '')).runs
  expect([earlier.hindsight, earlier.foretold]).toEqual([[], []])
})

test('of a run that has ended a snapshot keeps neither: its job has them', () => {
  const state = emptyState()
  step(state, 1, [
    { kind: 'submit', run },
    { kind: 'read', stage: 0, first: 0, count: 0, cursor: '', done: true },
    { kind: 'hindsight', run: 0, hindsight: [1, 0.5, 0.25] },
  ])
  step(state, 2, [{ kind: 'finished', run: 0, problem: undefined }])
  expect(state.runs[0].state).toBe('done')
  expect(encodeState(state)).not.toContain('hindsight')
  expect(decodeState(encodeState(state)).runs[0].hindsight).toEqual([])
  step(state, 3, [{ kind: 'forget', run: 0 }])
  expect(state.runs[0].hindsight).toEqual([])
})

test('a run that is taken up again after its end is not judged twice, and knows as much with a snapshot between as without', () => {
  const state = emptyState()
  const told = { mark: 1, at: 2, low: 3, expected: 4, high: 5 }
  step(state, 1, [
    { kind: 'submit', run },
    { kind: 'read', stage: 0, first: 0, count: 0, cursor: '', done: true },
    { kind: 'hindsight', run: 0, hindsight: [1, 0.5, 0.25] },
    { kind: 'foretold', run: 0, ...told },
  ])
  step(state, 2, [{ kind: 'finished', run: 0, problem: undefined }])
  expect(state.runs[0].foretold).toHaveLength(1)
  const kept = decodeState(encodeState(state))
  for (const each of [state, kept]) {
    step(each, 3, [{ kind: 'retryFailed', run: 0 }])
    const [{ hindsight, foretold }] = each.runs
    expect([hindsight, foretold]).toEqual([[], []])
  }
})

test('of a mark that was passed already nothing is noted again, and hindsight that comes later judges none of before', () => {
  const state = emptyState()
  const foretold = (mark: number): Event => ({
    ...{ kind: 'foretold', run: 0, mark, at: 2 },
    ...{ low: 3, expected: 4, high: 5 },
  })
  step(state, 1, [{ kind: 'submit', run }])
  step(state, 2, [foretold(1), foretold(1), foretold(0), foretold(3)])
  expect(state.runs[0].foretold.map(({ mark }) => mark)).toEqual([1, 3])
  step(state, 3, [{ kind: 'hindsight', run: 0, hindsight: [] }])
  expect(state.runs[0].foretold).toEqual([])
})
