import { expect, test } from 'vitest'
import { timeLeft } from '../../src/api/forecast/forecast.ts'
import { leftInWords } from '../../src/cli/time-left.ts'
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

test('a stage that gathers and has never run is named beside the time left, not taken for nothing', () => {
  const state = emptyState()
  const stages = [stage('pages', -1, { kind: 'source' }), stage('words', 0, { kind: 'gather' })]
  const box = { id: 'box', speed: 1, slots: 1, capacity: {}, cost: 0 }
  step(state, 1, [
    { kind: 'joined', machine: box },
    { kind: 'submit', run: { ...plain, stages } },
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
  for (let nth = 0; nth < 6; nth += 1) answer()
  const left = timeLeft(state, state.runs[0], now)
  expect(left?.without).toEqual(['words'])
  expect(left?.expected).toBeGreaterThan(4_000_000)
  expect(leftInWords(left)).toMatch(/^\d+ s left .*, then words \(time not known yet\)$/)
})
