import { expect, test } from 'vitest'
import { emptyState } from '../../src/core/initial.ts'
import { step } from '../../src/core/step.ts'
import { historyOf } from '../../src/driver/history.ts'
import { historyBatches, toEvent } from '../../src/driver/recording.ts'
import { unansweredBatches } from '../../src/driver/unanswered.ts'
import type { Outcome } from '../../src/port/executor.ts'
import { runOf, stageOf } from '../fixtures/run-definition.ts'

/** Two slots with a task of three items each: attempts 1 and 2. */
function atWork() {
  const state = emptyState()
  const machine = { id: 'm0', speed: 1, slots: 2, capacity: {}, cost: 0 }
  step(state, 0, [
    { kind: 'joined', machine },
    { kind: 'submit', run },
    { kind: 'read', stage: 0, first: 0, count: 6, cursor: '', done: true },
  ])
  return state
}

const run = runOf([stageOf({ chunk: { kind: 'fixed', items: 3 }, grace: 1 })])

const answer = (attempt: number, index: number): Outcome => ({
  task: attempt - 1,
  attempt,
  index,
  result: '1',
  micros: 5_000,
  cpuMicros: 5_000,
  peakBytes: 0,
})

test('history holds what the core counts: the next item of a live attempt, from the slot that runs it', () => {
  const state = atWork()
  const recorded = (slot: number, ...outcomes: Outcome[]) =>
    historyBatches(state, 100_000, toEvent(0, slot, outcomes), outcomes, new Map()).flatMap(
      ({ indexes }) => indexes,
    )
  expect(recorded(0, answer(1, 0), answer(1, 1))).toEqual([0, 1])
  expect(recorded(0, answer(1, 0), answer(1, 0), answer(1, 2))).toEqual([0])
  expect(recorded(1, answer(1, 0), answer(2, 3))).toEqual([3])
  step(state, 50_000, [toEvent(0, 0, [answer(1, 0)])])
  expect(recorded(0, answer(1, 0), answer(1, 1))).toEqual([1])
})

test('what an attempt answers in two messages of one step is held, and once', () => {
  const parts = [[answer(1, 0), answer(1, 1)], [answer(1, 2)], [answer(1, 2)]]
  const events = parts.map(part => toEvent(0, 0, part))
  const { history } = historyOf(atWork(), 100_000, events, at => parts[at])
  expect(history.flatMap(({ indexes }) => indexes)).toEqual([0, 1, 2])
})

test('of a slot that ends with its answers, history holds the first item that had none', () => {
  const state = emptyState()
  const machine = { id: 'm0', speed: 1, slots: 1, capacity: {}, cost: 0 }
  const one = { kind: 'fixed', items: 1 } as const
  step(state, 0, [
    { kind: 'joined', machine },
    {
      kind: 'submit',
      run: { ...run, stages: run.stages.map(stage => ({ ...stage, chunk: one })) },
    },
    { kind: 'read', stage: 0, first: 0, count: 60, cursor: '', done: true },
  ])
  const { attempt, first } = state.tasks
  const [slot] = state.machines[0].slots
  const answered = (task: number) =>
    toEvent(0, 0, [{ ...answer(attempt[task], first[task]), task, micros: 50, cpuMicros: 50 }])
  // Once items are known to be quick, others wait in the slot.
  for (let now = 1; slot.running.length < 2; now += 100)
    step(state, now, [answered(slot.running[0])])
  const [head, next] = slot.running
  const failure = { kind: 'crash', message: 'no more' } as const
  const ended = { kind: 'slotEnded', machine: 0, slot: 0, failure } as const
  expect(unansweredBatches(state, 100_000, [answered(head), ended], 1)).toMatchObject([
    { attempts: [attempt[next]], indexes: [first[next]], outcomes: ['crash'] },
  ])
})

test('of a slot that ends while it is set up, history holds nothing: its item had not begun', () => {
  const failure = { kind: 'lost', message: 'left behind' } as const
  const ended = { kind: 'slotEnded', machine: 0, slot: 0, failure } as const
  const loaded = { kind: 'loaded', machine: 0, slot: 0, stage: 0, micros: 1, bytes: 0 } as const
  const state = atWork()
  expect(unansweredBatches(state, 100_000, [ended], 0)).toEqual([])
  expect(unansweredBatches(state, 100_000, [loaded, ended], 1)).toMatchObject([{ indexes: [0] }])
})

test('quick items in a row are one entry, with the processor time of all and the most memory', () => {
  const quick = (index: number): Outcome => ({
    ...answer(1, index),
    ...{ micros: 500, cpuMicros: 300 + index, peakBytes: 10 * index },
  })
  const outcomes = [quick(0), quick(1), quick(2)]
  const event = toEvent(0, 0, outcomes)
  expect(historyBatches(atWork(), 100_000, event, outcomes, new Map())).toMatchObject([
    { counts: [3], cpuMicros: [903], peakBytes: [20] },
  ])
})

test('quick items of two tasks are one entry only where their numbers follow one another', () => {
  const state = emptyState()
  const machine = { id: 'm0', speed: 1, slots: 2, capacity: {}, cost: 0 }
  const stages = [stageOf({ chunk: { kind: 'fixed', items: 1 }, grace: 1 })]
  step(state, 0, [
    { kind: 'joined', machine },
    { kind: 'submit', run: runOf(stages) },
    { kind: 'read', stage: 0, first: 0, count: 600, cursor: '', done: true },
  ])
  const { attempt, first } = state.tasks
  const quick = (task: number) => ({
    ...answer(attempt[task], first[task]),
    ...{ task, micros: 50, cpuMicros: 50 },
  })
  const { slots } = state.machines[0]
  const itemsOf = (slot: number) => slots[slot].running.map(task => first[task])
  const isBroken = (items: number[]) => items.some((item, at) => at > 0 && item > items[at - 1] + 1)
  // Slots that take turns wait with items that are not neighbours.
  for (let now = 1; !isBroken(itemsOf(0)); now += 100)
    step(
      state,
      now,
      [0, 1].map(slot => toEvent(0, slot, [quick(slots[slot].running[0])])),
    )
  const outcomes = slots[0].running.map(quick)
  const [batch] = historyBatches(state, 100_000, toEvent(0, 0, outcomes), outcomes, new Map())
  const told = batch.indexes.flatMap((index, at) =>
    Array.from({ length: batch.counts[at] }, (_, nth) => index + nth),
  )
  expect(told).toEqual(itemsOf(0))
})
