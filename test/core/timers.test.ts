import { expect, test } from 'vitest'
import type { Event } from '../../src/core/event.ts'
import { emptyState } from '../../src/core/initial.ts'
import { step } from '../../src/core/step.ts'
import { runOf, stageOf } from '../fixtures/run-definition.ts'

const SECOND = 1_000_000

const run = runOf([stageOf({ timeout: 5 * SECOND, grace: SECOND })], {
  tolerate: { count: 1_000, share: 0 },
})

test('a slot that is always busy has one watch, however often its machine joined again', () => {
  const state = emptyState()
  const joined: Event = {
    kind: 'joined',
    machine: { id: 'm0', speed: 1, slots: 1, capacity: {}, cost: 0 },
  }
  step(state, 0, [
    joined,
    { kind: 'submit', run },
    { kind: 'read', stage: 0, first: 0, count: 1_000, cursor: '', done: true },
  ])
  for (let second = 1; second < 1_000; second += 1) {
    const [task] = state.machines[0].slots[0].running
    const answered: Event = {
      kind: 'outcomes',
      machine: 0,
      slot: 0,
      tasks: [task],
      attempts: [state.tasks.attempt[task]],
      indexes: [state.tasks.first[task]],
      codes: [0],
      micros: [SECOND],
      peakBytes: 0,
      failures: [],
    }
    const events = second < 50 ? [answered, joined] : [answered]
    step(state, second * SECOND, events)
  }
  expect(state.timers.heap.size()).toBe(1)
})
