import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { throttle } from '../../../src/adapter/executor/inside/throttle.ts'
import { code, first, order, world } from './harness.ts'

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

for (const [how, handler] of [
  ['one by one', 'export default n => spin(n) ?? n'],
  ['as a batch', 'export const batch = all => spin(all.reduce((sum, n) => sum + n)) ?? all'],
] as const) {
  test(`items ${how} on a slow machine have answers once the time is over that they are said to take`, async () => {
    const box = world()
    const module = join(box.directory, 'spins.mjs')
    writeFileSync(
      module,
      `const spin = n => { const until = performance.now() + 5 * n; while (performance.now() < until); }\n${handler}`,
    )
    box.executor.define(0, code(module, { speeds: [0.25, 1] }))
    // What it owes nothing for; a sleep that lasts too long would make the next shorter.
    box.executor.run(first, 0, [order(0, 0)])
    await box.answered(1)
    const items = [1, 2, 3].map(n => order(n, n).items[0])
    const began = performance.now()
    box.executor.run(first, 0, [order(1, 0, { items })])
    await box.answered(4)
    const micros = (performance.now() - began) * 1_000
    const said = box.outcomes().slice(1)
    expect(said.reduce((sum, outcome) => sum + outcome.micros, 0)).toBeLessThanOrEqual(micros)
  })
}
