import { describe, expect, test } from 'vitest'
import { driftAhead } from '../../src/policy/estimation/drift.ts'
import {
  decodeEstimate,
  emptyEstimate,
  encodeEstimate,
  faded,
  observe,
  predict,
} from '../../src/policy/estimation/least-squares.ts'
import { spreadOf } from '../../src/policy/estimation/spread.ts'
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

  test.each([
    ['sizes of 0', [0, 0, 0], [10, 20, 30], 7, 20],
    ['times of 0', [1, 2, 3], [0, 0, 0], 7, 0],
    ['sizes that differ by less than can be told', [1e12, 1e12 + 1, 1e12 + 2], [10, 20, 30], 0, 20],
    ['sizes of a terabyte', [1e12, 2e12, 3e12], [1e6, 2e6, 3e6], 4e12, 4e6],
    ['one size a thousand million times the others', [1, 1, 1e9], [10, 10, 1e10], 1, 10],
    ['sizes whose squares overflow', [1e200, 1e300, 1], [10, 20, 30], 5, 20],
  ])('holds its ground with %s', (_, sizes, times, size, time) => {
    const estimate = seen(...sizes.map((size, at) => [size, times[at]] as const))
    expect(predict(estimate, size) / time || 0).toBeCloseTo(time === 0 ? 0 : 1, 6)
    expect(predict(estimate, size)).toBeGreaterThanOrEqual(0)
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
      expect(Math.abs(Math.log2(spreadOf([estimate]).at(q) / truth))).toBeLessThan(1 / 8)
    }
  })
})

test('what was learnt survives being written down, buckets that counted nothing as how many they are', () => {
  const estimate = seen([1, 12], [2, 14], [5, 20])
  for (const time of [16, 12, 12, 40]) observe(estimate, 3, time, 15)
  const { line: _line, ...sums } = estimate
  const text = JSON.stringify(encodeEstimate(estimate))
  expect(decodeEstimate(JSON.parse(text))).toEqual(sums)
  const { n, size, time, sizeSize, sizeTime, timeTime, ratios, echo = [] } = estimate
  const byAnEarlierVersion = [n, size, time, sizeSize, sizeTime, timeTime, ...ratios, ...echo]
  expect(decodeEstimate(byAnEarlierVersion)).toEqual(sums)
  expect(encodeEstimate(estimate).length).toBeLessThan(30)
  expect(decodeEstimate(encodeEstimate(emptyEstimate()))).toEqual(emptyEstimate())
  // One earlier still knew blocks of eight errors only, in five numbers: those are learnt anew.
  const ofEightOnly = [n, size, time, sizeSize, sizeTime, timeTime, ...ratios, 4, 2, 3, 0, 0]
  expect(decodeEstimate(ofEightOnly)).toEqual({ ...sums, echo: undefined })
})

test('what earlier runs learnt says the same, but is soon outweighed', () => {
  const estimate = emptyEstimate()
  const random = prng(9)
  for (let n = 0; n < 500; n += 1) observe(estimate, 1, 100 * Math.exp(random.normal() / 3), 100)
  const recalled = decodeEstimate(faded(encodeEstimate(estimate), 64))
  expect(recalled.n).toBe(64)
  expect(predict(recalled, 1)).toBeCloseTo(predict(estimate, 1), 6)
  // Written down to a thousandth of an observation.
  recalled.ratios.forEach((count, bucket) => {
    expect(count).toBeCloseTo((estimate.ratios[bucket] * 64) / 500, 3)
  })
  for (let n = 0; n < 64; n += 1) observe(recalled, 1, 300, 100)
  expect(predict(recalled, 1)).toBeGreaterThan(195)
  expect(faded(encodeEstimate(recalled), 1_000)[0]).toBe(128)
  // How times follow sizes is told by less than an observation's worth too.
  const guess = decodeEstimate(faded(encodeEstimate(seen([1, 12], [2, 22], [3, 32])), 0.5))
  expect(predict(guess, 9)).toBeCloseTo(92, 6)
})

test('what lay far out is not taken for farther when it counts for a fraction only', () => {
  const estimate = emptyEstimate()
  for (const ratio of [1 / 3, 3, ...Array.from({ length: 498 }, (_, n) => 1 + (n % 10) / 50)])
    observe(estimate, 1, 100 * ratio, 100)
  for (const most of [64, 16, 4, 1, 0.5]) {
    const recalled = spreadOf([decodeEstimate(faded(encodeEstimate(estimate), most))])
    const quantiles = Array.from({ length: 257 }, (_, step) => recalled.at(step / 256))
    expect(quantiles).toEqual(quantiles.toSorted((a, b) => a - b))
    expect(recalled.at(0.5)).toBeCloseTo(1.1, 0)
    if (most < 16) continue
    // Two doublings either way are far beyond all seen.
    expect(recalled.at(0.01)).toBeGreaterThan(1 / 4)
    expect(recalled.at(0.99)).toBeLessThan(4)
  }
})

test('errors of earlier runs are not continued by the first ones of this run', () => {
  const estimate = emptyEstimate()
  for (let n = 0; n < 12; n += 1) observe(estimate, 1, 150, 100)
  const recalled = decodeEstimate(faded(encodeEstimate(estimate), 64))
  for (let n = 0; n < 8; n += 1) observe(recalled, 1, 100, 100)
  // Blocks of one, two, four and eight: how many there are by now, none of them from both runs.
  const blocks = recalled.echo?.filter((_, at) => at > 0 && at % 3 === 0)
  expect(blocks).toEqual([12 + 8, 6 + 4, 3 + 2, 1 + 1])
  const ofFour = recalled.echo?.[8]
  expect(ofFour).toBeCloseTo(3 * 0.5 ** 2, 6)
})

describe('how far the next may stray', () => {
  const judged = (ratios: readonly number[]) => {
    const estimate = emptyEstimate()
    for (const ratio of ratios) observe(estimate, 1, 100 * ratio, 100)
    return spreadOf([estimate])
  }

  test('of n ratios seen, the next falls below the k-th with probability k of n + 1', () => {
    const spread = judged([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6])
    // Ranks 1, 5 and 9 of ten: a bucket is a twelfth of a doubling wide.
    for (const [q, ratio] of [
      [0.1, 1],
      [0.5, 2.5],
      [0.9, 6],
    ])
      expect(Math.abs(Math.log2(spread.at(q) / ratio))).toBeLessThan(1 / 8)
  })

  test('from two ratios the range is wider than the two', () => {
    const spread = judged([0.9, 1.1])
    expect(spread.at(0.1)).toBeLessThan(0.8)
    expect(spread.at(0.9)).toBeGreaterThan(1.3)
  })

  test('before anything was judged it is wide, about the prediction', () => {
    const spread = judged([])
    expect(spread.at(0.5)).toBeCloseTo(1, 6)
    expect(spread.at(0.9)).toBeGreaterThan(2)
    expect(spread.at(0.1)).toBeLessThan(0.5)
  })

  test('is never less for a higher probability', () => {
    for (const ratios of [[], [1], [1, 1, 1], [0.2, 7], [1, 1.01, 1.02, 3, 3, 3, 3, 3, 9, 0.5]]) {
      const spread = judged(ratios)
      for (let q = 0.01; q < 0.99; q += 0.01)
        expect(spread.at(q + 0.01)).toBeGreaterThanOrEqual(spread.at(q))
    }
  })

  test('given that it has passed a ratio already, only what lies above that counts', () => {
    const spread = judged([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6])
    expect(spread.beyond(2.5, 0.5)).toBeGreaterThan(3.9)
    expect(spread.beyond(2.5, 0.5)).toBeLessThan(5.1)
    for (const ratio of [0.1, 1, 4, 6, 100])
      for (const q of [0.1, 0.5, 0.9]) expect(spread.beyond(ratio, q)).toBeGreaterThanOrEqual(ratio)
  })

  test('beyond all that was seen it takes about as long again', () => {
    const spread = judged([1, 1, 1, 1, 1, 1, 1, 1])
    expect(spread.beyond(100, 0.5)).toBeGreaterThan(130)
    expect(spread.beyond(100, 0.5)).toBeLessThan(250)
  })

  test('what is drawn was seen, but for one time in n + 1', () => {
    const spread = judged([1, 1, 1])
    const random = prng(8)
    const drawn = Array.from({ length: 4_000 }, () => Math.log2(spread.draw(random)))
    expect(drawn.every(Number.isFinite)).toBe(true)
    const others = drawn.filter(exponent => Math.abs(exponent) > 1 / 8).length
    // A quarter are others, of which a fifth happen to be as near as those seen.
    expect(others / drawn.length).toBeGreaterThan(0.15)
    expect(others / drawn.length).toBeLessThan(0.25)
  })

  test('errors that follow each other count for fewer than as many that do not', () => {
    const random = prng(4)
    const alone = Array.from({ length: 400 }, () => Math.exp(random.normal() / 3))
    let mood = 0
    const moody = Array.from({ length: 400 }, () =>
      Math.exp((mood = 0.8 * mood + random.normal() / 5)),
    )
    expect(judged(alone).echo(16)).toBeLessThan(1.8)
    // Of a few nothing is known yet, and that they are alike may be chance.
    expect(judged(alone.slice(0, 6)).echo(6)).toBeGreaterThan(3)
    expect(judged(moody).echo(16)).toBeGreaterThan(4)
    // What changes once in 400 is told by long blocks, not by short ones.
    const drifting = alone.map((ratio, nth) => ratio * (nth < 200 ? 1 : 1.5))
    expect(judged(drifting).echo(128)).toBeGreaterThan(5 * judged(drifting).echo(8))
    expect(judged(alone).echo(128)).toBeLessThan(10)
  })

  test('the mean of the last errors is expected to go on as far as earlier ones did, and no farther', () => {
    const random = prng(9)
    const ahead = (level: (nth: number) => number, left: number) => {
      const estimate = emptyEstimate()
      for (let nth = 0; nth < 199; nth += 1)
        observe(estimate, 1, 100 * level(nth) * Math.exp(0.2 * random.normal()), 100)
      return driftAhead(estimate, spreadOf([estimate]), left)
    }
    // Errors that come each by itself, whatever the last ones were.
    for (let seed = 0; seed < 20; seed += 1)
      expect(Math.abs(ahead(() => 1, 50) - 1)).toBeLessThan(0.04)
    const grown = (nth: number) => (nth < 120 ? 1 : 1.5)
    expect(ahead(grown, 50)).toBeGreaterThan(1.3)
    expect(ahead(grown, 50)).toBeLessThan(1.6)
    // A mood of ten items says little of the next thousand.
    let mood = 0
    const moody = () => Math.exp((mood = 0.9 * mood + 0.2 * random.normal()))
    expect(Math.abs(ahead(moody, 1_000) - 1)).toBeLessThan(0.1)
    expect(driftAhead(emptyEstimate(), spreadOf([]), 50)).toBe(1)
  })
})
