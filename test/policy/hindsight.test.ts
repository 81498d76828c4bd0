import { describe, expect, test } from 'vitest'
import {
  type Hindsight,
  hindsightWith,
  inHindsight,
  MARKS,
  placeOf,
} from '../../src/policy/estimation/hindsight.ts'
import { prng } from '../../src/std/prng.ts'

const told = { low: 80, expected: 100, high: 150 }

/** Runs one after another, each with its end at one place of its range, wherever it was asked. */
const after = (...places: readonly number[]): Hindsight =>
  places.reduce<Hindsight>(
    (known, place) =>
      hindsightWith(
        known,
        MARKS.map(() => place),
      ),
    [],
  )

const times = (count: number, place: number): number[] => Array.from({ length: count }, () => place)

const rangeAfter = (...places: readonly number[]) => inHindsight(after(...places), 0.5, told)

describe('where the truth lay in a range', () => {
  test.each([
    ['as expected', 100, 0],
    ['at the low end', 80, -1],
    ['at the high end', 150, 1],
    ['below', 70, -1.5],
    ['far beyond: that counts no more than four ranges', 9_000, 4],
  ])('%s', (_, truth, place) => {
    expect(placeOf(told, truth)).toBeCloseTo(place)
  })

  test('a range without a width counts as one of a fiftieth', () => {
    expect(placeOf({ low: 100, expected: 100, high: 100 }, 101)).toBeCloseTo(0.5)
    expect(placeOf({ low: 0, expected: 0, high: 0 }, 0)).toBe(0)
  })
})

describe('a range in hindsight', () => {
  test('is what was foretold while no run has ended', () => {
    expect(inHindsight([], 0.5, told)).toBe(told)
  })

  test('is narrower after runs that ended as expected, and never less than a third as wide', () => {
    const width = (runs: number): number => {
      const { low, high } = rangeAfter(...times(runs, 0))
      return (high - low) / (told.high - told.low)
    }
    expect(width(1)).toBeLessThan(0.95)
    expect(width(1)).toBeGreaterThan(0.7)
    expect(width(5)).toBeLessThan(width(1))
    expect(width(1_000)).toBeGreaterThan(1 / 3)
  })

  test('is wider after runs that ended on either side of it', () => {
    const { low, high } = rangeAfter(2, -2, 2, -2)
    expect(high - low).toBeGreaterThan(1.3 * (told.high - told.low))
  })

  test('moves to where runs ended, the more of them did so', () => {
    const once = rangeAfter(-1)
    const often = rangeAfter(...times(8, -1))
    expect(once.expected).toBeLessThan(100)
    expect(once.expected).toBeGreaterThan(90)
    expect(often.expected).toBeLessThan(90)
    expect(often.low).toBeLessThan(80)
    expect(often.high).toBeLessThan(once.high)
  })

  test('moves the sooner, the less runs strayed around where they ended', () => {
    const alike = rangeAfter(-1, -1, -1, -1)
    const apart = rangeAfter(-2, 0, -2, 0)
    expect(alike.expected).toBeLessThan(apart.expected - 2)
  })

  test('goes by the last runs: what a box was like long ago fades', () => {
    const then = [...times(10, 1), ...times(10, -1)]
    expect(rangeAfter(...then).expected).toBeLessThan(100)
  })

  test('is at each share of the work as it was there, and between two marks between theirs', () => {
    const known = hindsightWith([], [undefined, -1, 1])
    const expectedAt = (share: number): number => inHindsight(known, share, told).expected
    expect(expectedAt(0.1)).toBe(100)
    expect(expectedAt(0)).toBe(100)
    expect(expectedAt(0.25)).toBeCloseTo(96)
    expect(expectedAt(0.5)).toBeCloseTo(110)
    expect(expectedAt(0.375)).toBeCloseTo(100)
    expect(expectedAt(0.95)).toBe(100)
  })

  test('never begins before now', () => {
    const wide = { low: 0, expected: 100, high: 150 }
    expect(inHindsight(after(...times(6, -3)), 0.5, wide).low).toBe(0)
  })

  test.each([
    ['just as far as the range says', { mean: 0, sigma: 0.78 }, [0.7, 0.82], 0.8],
    ['half as far', { mean: 0, sigma: 0.39 }, [0.82, 0.93], 0.99],
    ['half as far, around the low end', { mean: -1, sigma: 0.39 }, [0.75, 0.95], 0.5],
    ['twice as far', { mean: 0, sigma: 1.56 }, [0.6, 0.78], 0.48],
  ] as const)(
    'comes near eight times in ten from the sixth run on where ends stray %s',
    (_, { mean, sigma }, [least, most], raw) => {
      const random = prng(7)
      const even = { low: 50, expected: 100, high: 150 }
      let [within, withinRaw, all] = [0, 0, 0]
      for (let series = 0; series < 400; series += 1) {
        let known: Hindsight = []
        for (let run = 0; run < 12; run += 1) {
          const truth = 100 + 50 * (mean + sigma * random.normal())
          const { low, high } = inHindsight(known, 0.5, even)
          if (run >= 5) {
            all += 1
            if (truth >= low && truth <= high) within += 1
            if (truth >= even.low && truth <= even.high) withinRaw += 1
          }
          const place = placeOf(even, truth)
          known = hindsightWith(
            known,
            MARKS.map(() => place),
          )
        }
      }
      expect(withinRaw / all).toBeCloseTo(raw, 1)
      expect(within / all).toBeGreaterThan(least)
      expect(within / all).toBeLessThan(most)
    },
  )
})
