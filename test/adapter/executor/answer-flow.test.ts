import { expect, test } from 'vitest'
import { answerFlow } from '../../../src/adapter/executor/inside/answer-flow.ts'

const use = { micros: 3, cpuMicros: 3, peakBytes: 0 }

/** An outbox that keeps what left it, a text each time. */
function kept() {
  let waiting = ''
  const left: string[] = []
  const outbox = {
    put: (line: string) => {
      waiting += line
    },
    flush: () => {
      if (waiting !== '') left.push(waiting)
      waiting = ''
    },
    waiting: () => waiting.length,
  }
  return { outbox, left }
}

test('answers given together leave together, the first that comes later takes them along', () => {
  const { outbox, left } = kept()
  const flow = answerFlow(outbox, () => false)
  const now = performance.now()
  flow.answer(0, { letter: 'R', json: '1' }, use, now)
  flow.answer(1, { letter: 'R', json: '2' }, use, now)
  expect(left).toEqual([])
  flow.answer(2, { letter: 'R', json: '3' }, use, now + 60_000)
  expect(left).toEqual(['r 0 3 1\nr 1 3 2\nr 2 3 3\n'])
})

test('with the next message at hand they wait longer, as nobody waits for them', () => {
  const { outbox, left } = kept()
  const flow = answerFlow(outbox, () => true)
  const now = performance.now()
  flow.answer(0, { letter: 'R', json: '1' }, use, now + 60)
  flow.messageEnded(now + 61)
  expect(left).toEqual([])
  flow.answer(1, { letter: 'R', json: '2' }, use, now + 60_000)
  expect(left).toEqual(['r 0 3 1\nr 1 3 2\n'])
})

test('under a timeout they wait for a share of it at most, so that none seems to have run that long', () => {
  const { outbox, left } = kept()
  const flow = answerFlow(outbox, () => true)
  const now = performance.now()
  flow.messageBegins(40)
  flow.answer(0, { letter: 'R', json: '1' }, use, now + 5)
  expect(left).toEqual([])
  flow.answer(1, { letter: 'R', json: '2' }, use, now + 30)
  expect(left).toHaveLength(1)
  flow.messageBegins()
  flow.answer(2, { letter: 'R', json: '3' }, use, now + 60)
  expect(left).toHaveLength(1)
})

test('within a message they wait longer each time, and as short as ever in the next', () => {
  const { outbox, left } = kept()
  const flow = answerFlow(outbox, () => false)
  const start = performance.now() + 60_000
  for (let seq = 0; seq < 50; seq++)
    flow.answer(seq, { letter: 'R', json: '1' }, use, start + 3 * seq)
  const often = left.length
  expect(often).toBeLessThan(6)
  flow.messageBegins()
  flow.answer(50, { letter: 'R', json: '1' }, use, start + 153)
  expect(left).toHaveLength(often + 1)
})

test('much text does not wait', () => {
  const { outbox, left } = kept()
  const json = JSON.stringify('x'.repeat(70_000))
  answerFlow(outbox, () => false).answer(0, { letter: 'R', json }, use, performance.now())
  expect(left).toHaveLength(1)
})

test('what waits for nobody leaves by itself', async () => {
  const { outbox, left } = kept()
  const flow = answerFlow(outbox, () => false)
  flow.answer(0, { letter: 's', json: '1' }, use, 0)
  flow.soon()
  while (left.length === 0) await new Promise(resolve => setTimeout(resolve, 1))
  expect(left).toEqual(['s 0 3 3 0 1\n'])
})

test('where a spinning handler would keep them back, none waits behind an item that has a timeout', () => {
  const { outbox, left } = kept()
  const flow = answerFlow({ ...outbox, unwatched: true }, () => true)
  const now = performance.now()
  flow.messageBegins(60_000)
  for (const seq of [0, 1, 2]) flow.answer(seq, { letter: 'R', json: '1' }, use, now)
  expect(left).toEqual(['r 0 3 1\n', 'r 1 3 1\n', 'r 2 3 1\n'])
  flow.messageBegins()
  flow.answer(3, { letter: 'R', json: '1' }, use, now)
  expect(left).toHaveLength(3)
})
