import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prng } from '../../src/std/prng.ts'
import { rankedBy } from '../../src/std/rank.ts'

const asked = (keys: Float64Array) =>
  Int32Array.from(keys.keys()).sort(
    (a, b) => Number(keys[a] > keys[b]) - Number(keys[a] < keys[b]) || a - b,
  )

test('many keys rank as a comparison of each two ranks them: negative, infinite, equal and zeros alike', () => {
  const value = fc.oneof(
    fc.double({ noNaN: true }),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324),
  )
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), fc.nat(), (values, seed) => {
      const random = prng(seed)
      const keys = Float64Array.from({ length: 5_000 }, () => values[random.int(values.length)])
      expect(rankedBy(keys)).toEqual(asked(keys))
      expect(rankedBy(keys.slice(0, 100))).toEqual(asked(keys.slice(0, 100)))
    }),
    { numRuns: 8, seed: 1 },
  )
})
