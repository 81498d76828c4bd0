import { expect, onTestFinished, test, vi } from 'vitest'
import { planningThread } from '../../src/api/beside/plan-thread.ts'
import type { LiveRequest } from '../../src/choose/live-choice.ts'
import { unrelatedProblem } from '../solver/unrelated-problem.ts'

const request: LiveRequest = {
  problem: unrelatedProblem([
    [1, 3],
    [2, 1],
    [2, 5],
  ]),
  strategy: 'heft',
  objective: 'makespan',
  seed: 1,
  noise: 0.1,
  ms: 10,
}

test('one thread answers again and again, also after a question it could not answer', async () => {
  const planner = planningThread({ mostMs: 60_000 })
  try {
    expect(await planner.choose(request)).toMatchObject({ kind: 'plan', strategy: 'heft' })
    await expect(planner.choose({ ...request, strategy: 'magic' })).rejects.toThrow(/magic/)
    expect(await planner.choose({ ...request, strategy: 'lpt' })).toMatchObject({ strategy: 'lpt' })
  } finally {
    planner.close()
  }
})

test('a thread that has had nothing to do for a while is not ended under the next question', async () => {
  const planner = planningThread({ mostMs: 60_000 })
  onTestFinished(() => planner.close())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  expect(await planner.choose(request)).toMatchObject({ kind: 'plan' })
  const asked = planner.choose(request)
  vi.advanceTimersByTime(30_000)
  expect(await asked).toMatchObject({ kind: 'plan' })
})

test('what is being chosen is given up when the run ends or time is out, and another may be asked', async () => {
  const planner = planningThread({ mostMs: 60_000 })
  const asked = planner.choose(request)
  planner.close()
  await expect(asked).rejects.toThrow('the run ended')
  expect(await planner.choose(request)).toMatchObject({ kind: 'plan' })
  planner.close()
  const hasty = planningThread({ mostMs: 0 })
  await expect(hasty.choose(request)).rejects.toThrow('it took more than 0 s')
  hasty.close()
})
