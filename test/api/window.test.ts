import { expect, test } from 'vitest'
import { summarise } from '../../src/api/summary.ts'
import { statusLines } from '../../src/cli/status.ts'
import { emptyState } from '../../src/core/initial.ts'
import { step } from '../../src/core/step.ts'
import { problemRun } from '../../src/sim/simulate.ts'
import { article } from '../choose/problems.ts'

test.each([
  ['spt', 1_000_000, undefined],
  ['spt', 1_000_001, '  order spt: among 1,000,000 items at a time'],
  ['fifo', 1_000_001, undefined],
])('%s over %i items says: %s', (order, count, said) => {
  const state = emptyState()
  const definition = { ...problemRun(article(), { strategy: 'on-demand' }), order }
  const stages = [{ ...definition.stages[0], after: -1, link: { kind: 'source' as const } }]
  step(state, 1, [{ kind: 'submit', run: { ...definition, stages } }])
  step(state, 2, [{ kind: 'read', stage: 0, first: 0, count, cursor: '', done: true }])
  const lines = statusLines(summarise(state, state.runs[0], []))
  expect(lines.find(line => line.includes('at a time'))).toBe(said)
})
