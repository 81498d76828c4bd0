import { expect, test } from 'vitest'
import type { Problem } from '../../src/model/problem.ts'
import { chooseByTrial } from '../../src/choose/auto.ts'
import { article, heftPaper } from './problems.ts'

/** Online rules alone, with a fifth of noise and no deadline: the same for a seed each time. */
const chosen = (problem: Problem, seed: number) =>
  chooseByTrial(problem, { objective: 'makespan', conditions: { noise: 0.2, seed }, members: [] })

test.each([1, 2, 3])(
  'candidates close to the best are run until luck is told from merit: seed %i',
  async seed => {
    const { why } = await chosen(heftPaper(), seed)
    expect(why).toContain('mct in lpt order has the least makespan')
    expect(why).toContain('by up to 48 simulated runs each')
  },
)

test('who dropped out while it looked better is not called as good as the winner', async () => {
  const { why } = await chosen(article(), 2)
  expect(why).toContain(', as has mct in critical-path order; next best-fit')
})
