import { expect, test } from 'vitest'
import { answerFlow } from '../../../src/adapter/executor/inside/answer-flow.ts'

const nothingSaved = { add() {}, unsaved: () => 0, save: () => true, sent() {} }
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
    latest: 100,
  }
  return { outbox, left }
}

test('answers given together leave together, the first that comes later takes them along', () => {
  const { outbox, left } = kept()
  const flow = answerFlow(outbox, () => false, nothingSaved)
  const now = performance.now()
  flow.answer(0, { letter: 'R', json: '1' }, use, now)
  flow.answer(1, { letter: 'R', json: '2' }, use, now)
  expect(flow.isDue(now)).toBe(false)
  flow.answer(2, { letter: 'R', json: '3' }, use, now + 60_000)
  expect(flow.isDue(now + 60_000)).toBe(true)
  expect(left).toEqual([])
  flow.flush(now + 60_000)
  expect(left).toEqual(['r 0 3 1\nr 1 3 2\nr 2 3 3\n'])
})

test('with the next message at hand they wait longer, as nobody waits for them', () => {
  const { outbox } = kept()
  let hasNext = true
  const flow = answerFlow(outbox, () => hasNext, nothingSaved)
  const now = performance.now()
  flow.answer(0, { letter: 'R', json: '1' }, use, now + 60)
  expect(flow.isDue(now + 60)).toBe(false)
  expect(flow.isDueAtEnd(now + 60)).toBe(false)
  expect(flow.isDue(now + 60_000)).toBe(true)
  hasNext = false
  expect(flow.isDue(now + 60)).toBe(true)
  expect(flow.isDueAtEnd(now + 60)).toBe(true)
})

test('where they might be written later than a share of the timeout, they leave at once: an item after them may spin', () => {
  const left = (timeout: number | undefined, latest: number): number => {
    const { outbox, left: texts } = kept()
    const flow = answerFlow({ ...outbox, latest }, () => true, nothingSaved)
    flow.messageBegins(timeout)
    for (const seq of [0, 1]) flow.answer(seq, { letter: 'R', json: '1' }, use, performance.now())
    return texts.length
  }
  expect(left(60, 100)).toBe(2)
  expect(left(60_000, 100)).toBe(0)
  expect(left(60_000, Number.POSITIVE_INFINITY)).toBe(2)
  expect(left(undefined, Number.POSITIVE_INFINITY)).toBe(0)
})

test('within a message they wait longer each time, and as short as ever in the next', () => {
  const { outbox, left } = kept()
  const flow = answerFlow(outbox, () => false, nothingSaved)
  const start = performance.now() + 60_000
  for (let seq = 0; seq < 50; seq++) {
    flow.answer(seq, { letter: 'R', json: '1' }, use, start + 3 * seq)
    if (flow.isDue(start + 3 * seq)) flow.flush(start + 3 * seq)
  }
  const often = left.length
  expect(often).toBeGreaterThan(1)
  expect(often).toBeLessThan(6)
  expect(flow.isDue(start + 153)).toBe(false)
  flow.messageBegins()
  flow.answer(50, { letter: 'R', json: '1' }, use, start + 153)
  expect(flow.isDue(start + 153)).toBe(true)
})

test('much text does not wait', () => {
  const { outbox, left } = kept()
  const json = JSON.stringify('x'.repeat(70_000))
  answerFlow(outbox, () => false, nothingSaved).answer(
    0,
    { letter: 'R', json },
    use,
    performance.now(),
  )
  expect(left).toHaveLength(1)
})

test('what waits for nobody leaves by itself', async () => {
  const { outbox, left } = kept()
  const flow = answerFlow(outbox, () => false, nothingSaved)
  flow.answer(0, { letter: 's', json: '1' }, use, 0)
  flow.soon()
  while (left.length === 0) await new Promise(resolve => setTimeout(resolve, 1))
  expect(left).toEqual(['s 0 3 3 0 1\n'])
})
