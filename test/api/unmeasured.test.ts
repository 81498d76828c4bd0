import { expect, test } from 'vitest'
import { timeLeft } from '../../src/api/forecast/forecast.ts'
import { leftInWords } from '../../src/cli/time-left.ts'
import { dueForetold } from '../../src/api/forecast/foretell.ts'
import type { Event } from '../../src/core/event.ts'
import { DONE } from '../../src/core/items.ts'
import { emptyState } from '../../src/core/initial.ts'
import { step } from '../../src/core/step.ts'
import type { StageDefinition } from '../../src/model/run.ts'
import { problemRun } from '../../src/sim/simulate.ts'
import { article } from '../choose/problems.ts'

const plain = problemRun(article(), { strategy: 'on-demand' })
const stage = (name: string, after: number, link: StageDefinition['link']): StageDefinition => ({
  ...plain.stages[0],
  ...{ name, after, link },
})

/** Six of nine pages answered, two seconds each, before a stage that takes them together. */
function sixPages(link: StageDefinition['link'], ...learnt: Event[]) {
  const state = emptyState()
  const stages = [stage('pages', -1, { kind: 'source' }), stage('words', 0, link)]
  const box = { id: 'box', speed: 1, slots: 1, capacity: {}, cost: 0 }
  step(state, 1, [
    { kind: 'joined', machine: box },
    { kind: 'submit', run: { ...plain, stages } },
    ...learnt,
  ])
  step(state, 2, [{ kind: 'read', stage: 0, first: 0, count: 9, cursor: '', done: true }])
  let now = 2
  const answer = (): void => {
    now += 2_000_000
    const [task] = state.machines[0].slots[0].running
    step(state, now, [
      {
        ...{ kind: 'outcomes', machine: 0, slot: 0, tasks: [task], peakBytes: 0, failures: [] },
        attempts: [state.tasks.attempt[task]],
        indexes: [state.tasks.first[task]],
        ...{ codes: [0], micros: [2_000_000] },
      },
    ])
  }
  while (state.stages[0].items.counts[DONE] < 6) answer()
  return state
}

test('a stage that gathers and has never run is named beside the time left, not taken for nothing', () => {
  const state = sixPages({ kind: 'gather' })
  const left = timeLeft(state, state.runs[0])
  expect(left?.without).toEqual(['words'])
  expect(left?.expected).toBeGreaterThan(4_000_000)
  expect(leftInWords(left)).toMatch(/^\d+ s left .*, then words \(time not known yet\)$/)
})

test('a forecast without such a stage is not noted to be judged; a tree’s upper levels take the time of its leaves', () => {
  const gathering = sixPages({ kind: 'gather' })
  expect(dueForetold(gathering, gathering.runs[0])).toBeUndefined()
  const leaves = [8, 8, 8_000_000, 8, 8_000_000, 8e12]
  const combining = sixPages(
    { kind: 'tree', fanIn: 3 },
    { kind: 'learnt', stage: 1, machine: -1, estimate: leaves },
  )
  const left = timeLeft(combining, combining.runs[0])
  expect(left?.without).toBeUndefined()
  // Three pages of two seconds; of a second or little more what combines them, and what combines all by threes.
  expect(left?.expected).toBeGreaterThan(8_000_000)
  expect(left?.expected).toBeLessThan(9_500_000)
  expect(dueForetold(combining, combining.runs[0])?.mark).toBeGreaterThan(0)
})
