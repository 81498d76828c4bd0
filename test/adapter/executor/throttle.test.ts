import { expect, test } from 'vitest'
import { throttle } from '../../../src/adapter/executor/inside/throttle.ts'

const use = (micros: number, cpuMicros = micros) => ({ micros, cpuMicros, peakBytes: 0 })

test('a slot half as fast owes the processor time of its items once more', () => {
  expect(throttle().owe(2, use(400))).toBe(400)
  expect(throttle().owe(4, use(100), 2)).toBe(600)
  expect(throttle().owe(1, use(400))).toBe(0)
})

test('waiting is not slowed, and threads side by side are not slowed twice', () => {
  expect(throttle().owe(3, use(10_000, 500))).toBe(1_000)
  expect(throttle().owe(3, use(1_000, 4_000))).toBe(2_000)
})

test('what is too short to sleep adds up until it is due, and sleeping pays it', async () => {
  const slowness = throttle()
  slowness.owe(2, use(600))
  expect(slowness.isDue()).toBe(false)
  slowness.owe(2, use(600))
  expect(slowness.isDue()).toBe(true)
  await slowness.pay()
  expect(slowness.isDue()).toBe(false)
})
