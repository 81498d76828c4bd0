import { describe, expect, test } from 'vitest'
import {
  decodeEstimate,
  emptyEstimate,
  encodeEstimate,
  observe,
  predict,
  ratioQuantile,
} from '../../src/policy/estimation/least-squares.ts'
import { prng } from '../../src/std/prng.ts'

function seen(...pairs: readonly (readonly [size: number, time: number])[]) {
  const estimate = emptyEstimate()
  for (const [size, time] of pairs) observe(estimate, size, time, 0)
  return estimate
}

describe('time from size, by least squares', () => {
  test('nothing seen, nothing said', () => {
    expect(predict(emptyEstimate(), 5)).toBeNaN()
  })

  test.each([
    ['one observation is all there is', [[3, 30]], 9, 30],
    [
      'equal sizes give their mean',
      [
        [3, 30],
        [3, 50],
      ],
      9,
      40,
    ],
    [
      'a line is found',
      [
        [1, 12],
        [2, 14],
        [5, 20],
      ],
      10,
      30,
    ],
    [
      'through the origin where the start would be negative',
      [
        [1, 1],
        [2, 3],
        [3, 5],
      ],
      4,
      ((1 + 6 + 15) / 14) * 4,
    ],
    [
      'a constant where bigger looked faster',
      [
        [1, 50],
        [2, 40],
        [3, 30],
      ],
      9,
      40,
    ],
  ] as const)('%s', (_, pairs, size, time) => {
    expect(predict(seen(...pairs), size)).toBeCloseTo(time, 9)
  })

  test('never negative, whatever was seen', () => {
    const random = prng(7)
    for (let round = 0; round < 300; round += 1) {
      const estimate = emptyEstimate()
      for (let n = 1 + random.int(6); n > 0; n -= 1)
        observe(estimate, 1 + random.int(50), random.int(1_000), 0)
      for (const size of [0, 1, 10, 1_000])
        expect(predict(estimate, size)).toBeGreaterThanOrEqual(0)
    }
  })

  test('an observation changes what is said at once', () => {
    const estimate = seen([1, 10])
    expect(predict(estimate, 1)).toBe(10)
    observe(estimate, 1, 30, 10)
    expect(predict(estimate, 1)).toBe(20)
  })
})

describe('how wrong it was', () => {
  test('quantiles of actual over predicted come within a bucket of the truth', () => {
    const estimate = emptyEstimate()
    const random = prng(5)
    const ratios: number[] = []
    for (let n = 0; n < 5_000; n += 1) {
      const ratio = Math.exp(0.4 * random.normal())
      ratios.push(ratio)
      observe(estimate, 1, 100 * ratio, 100)
    }
    ratios.sort((a, b) => a - b)
    for (const q of [0.1, 0.5, 0.9]) {
      const truth = ratios[Math.floor(q * ratios.length)]
      expect(Math.abs(Math.log2(ratioQuantile(estimate, q) / truth))).toBeLessThan(1 / 8)
    }
  })

  test('with nothing judged, as predicted', () => {
    expect(ratioQuantile(seen([1, 5]), 0.9)).toBe(1)
  })
})

test('what was learnt survives being written down', () => {
  const estimate = seen([1, 12], [2, 14], [5, 20])
  observe(estimate, 3, 16, 15)
  const again = decodeEstimate(JSON.parse(JSON.stringify(encodeEstimate(estimate))))
  expect(predict(again, 7)).toBe(predict(estimate, 7))
  expect(ratioQuantile(again, 0.5)).toBe(ratioQuantile(estimate, 0.5))
})
