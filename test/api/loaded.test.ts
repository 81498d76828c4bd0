import { expect, test } from 'vitest'
import { loadedOn, loadingOn } from '../../src/api/why/loaded.ts'
import { summarise } from '../../src/api/summary.ts'
import { statusLines } from '../../src/cli/status.ts'
import { emptyState } from '../../src/core/initial.ts'
import { step } from '../../src/core/step.ts'
import type { StageDefinition } from '../../src/model/run.ts'
import { problemRun } from '../../src/sim/simulate.ts'
import { article } from '../choose/problems.ts'

const model = (name: string, memory: number, after: number): StageDefinition => ({
  ...problemRun(article(), { strategy: 'on-demand' }).stages[0],
  name,
  after,
  link: after < 0 ? { kind: 'source' } : { kind: 'item' },
  loads: { name, memory },
})

test('status says which models each machine loads and holds, in how many slots and how large', () => {
  const state = emptyState()
  const run = {
    ...problemRun(article(), { strategy: 'on-demand' }),
    stages: [model('oak', 45e6, -1), model('elm', 0, 0)],
  }
  const box = { id: 'box', speed: 1, slots: 2, capacity: { memory: 1e9 }, cost: 0 }
  step(state, 1, [
    { kind: 'joined', machine: box },
    { kind: 'submit', run },
  ])
  step(state, 2, [{ kind: 'read', stage: 0, first: 0, count: 2, cursor: '', done: true }])
  const [machine] = state.machines
  expect(loadingOn(state, machine)).toEqual([{ model: 'oak', slots: 2, bytes: 45e6 }])
  expect(loadedOn(state, machine)).toEqual([])
  const loaded = { kind: 'loaded', machine: 0, stage: 0, micros: 1, bytes: 0 } as const
  step(state, 2, [{ ...loaded, slot: 0 }])
  const halfway = statusLines(summarise(state, state.runs[0], []))
  expect(halfway).toContain('  box loads oak 45 MB')
  expect(halfway).toContain('  box holds oak 45 MB')
  step(state, 2, [{ ...loaded, slot: 1 }])
  expect(loadedOn(state, machine)).toEqual([{ model: 'oak', slots: 2, bytes: 45e6 }])
  const task = state.machines[0].slots[0].running[0]
  step(state, 3, [
    {
      ...{ kind: 'outcomes', machine: 0, slot: 0, tasks: [task], peakBytes: 0, failures: [] },
      ...{ attempts: [state.tasks.attempt[task]], indexes: [0], codes: [0], micros: [1] },
    },
  ])
  step(state, 4, [{ ...loaded, slot: 0, stage: 1 }])
  const lines = statusLines(summarise(state, state.runs[0], []))
  expect(lines).toContain('  box holds elm, oak 45 MB x2')
})
