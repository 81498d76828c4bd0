import { expect, test } from 'vitest'
import type { Event } from '../../src/core/event.ts'
import { whyGivenUpOn } from '../../src/core/given-up.ts'
import { emptyState } from '../../src/core/initial.ts'
import { decodeState, encodeState } from '../../src/core/snapshot.ts'
import { step } from '../../src/core/step.ts'
import type { State } from '../../src/core/state.ts'
import { runOf, stageOf } from '../fixtures/run-definition.ts'

/** Slots that ended while a stage was set up in them are counted by machine, across snapshots. */

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

/** Two of the three slots that a machine gets for a setup are gone, on the second of two machines. */
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

test('a snapshot keeps the count', () => {
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
