import { expect, test } from 'vitest'
import { decodeEntry, encodeEntry } from '../../src/core/codec.ts'
import type { Event, Outcomes } from '../../src/core/event.ts'
import { emptyState } from '../../src/core/initial.ts'
import { DONE, OPEN, STOPPED, stateOf } from '../../src/core/items.ts'
import { endReplay, replay, step } from '../../src/core/step.ts'
import type { State } from '../../src/core/state.ts'
import type { StageDefinition } from '../../src/model/run.ts'
import { runOf, stageOf } from '../fixtures/run-definition.ts'

/** Answers that bring along what follows them from an earlier run. */

const stage = (name: string, after: number): StageDefinition =>
  stageOf({ name, after, link: after < 0 ? { kind: 'source' } : { kind: 'item' } })

const run = runOf([stage('a', -1), stage('b', 0), stage('c', 1)])

const begin: Event[] = [
  { kind: 'joined', machine: { id: 'm0', speed: 1, slots: 1, capacity: {}, cost: 0 } },
  { kind: 'submit', run },
  { kind: 'read', stage: 0, first: 0, count: 2, cursor: '', done: true },
]

/** The head of the slot answers; b and c of the same item hold. */
function answerOf(state: State, attemptsBack = 0): Outcomes {
  const [task] = state.machines[0].slots[0].running
  return {
    kind: 'outcomes',
    machine: 0,
    slot: 0,
    tasks: [task],
    attempts: [state.tasks.attempt[task] - attemptsBack],
    indexes: [state.tasks.first[task]],
    codes: [0],
    micros: [10],
    peakBytes: 0,
    failures: [],
    kept: [
      { stage: 1, positions: [0], codes: [0] },
      { stage: 2, positions: [0], codes: [2] },
    ],
  }
}

const codesOf = (state: State, index: number): number[] =>
  state.stages.map(({ items }) => stateOf(items, index))

test('what an answer allows to be kept ends with it, in the same step, and is never started', () => {
  const state = emptyState()
  step(state, 1, begin)
  const { kept } = step(state, 2, [answerOf(state)])
  expect(codesOf(state, 0)).toEqual([DONE, DONE, STOPPED])
  expect(kept.map(({ stage, indexes, positions }) => [stage, indexes, positions])).toEqual([
    [0, [0], [0]],
    [1, [0], [0]],
    [2, [0], [0]],
  ])
  step(state, 3, [answerOf(state)])
  expect(state.runs[0]).toMatchObject({ state: 'finishing', attempts: 2 })
})

test('an answer that does not count brings nothing along', () => {
  const state = emptyState()
  step(state, 1, begin)
  const { kept } = step(state, 2, [answerOf(state, 1)])
  expect(kept).toEqual([])
  expect(codesOf(state, 0)).toEqual([OPEN, OPEN, OPEN])
})

test('replay of such an entry gives the same state', () => {
  const live = emptyState()
  const copy = emptyState()
  for (const [now, events] of [
    [1, () => begin],
    [2, () => [answerOf(live)]],
  ] as const) {
    const happened = events()
    const { decisions } = step(live, now, happened)
    const entry = decodeEntry(encodeEntry(now, happened, decisions))
    replay(copy, entry.now, entry.events, entry.decisions)
  }
  endReplay(copy)
  for (const index of [0, 1]) expect(codesOf(copy, index)).toEqual(codesOf(live, index))
  expect(copy.stages.map(({ pool, open }) => [pool, open])).toEqual(
    live.stages.map(({ pool, open }) => [pool, open]),
  )
})
