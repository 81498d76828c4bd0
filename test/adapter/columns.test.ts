import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packNumbers, unpackNumbers } from '../../src/adapter/sqlite/columns.ts'

const value = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -200, max: 200 }), fc.double())

test('columns of whole numbers, fractions or equal values come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 50 }), rows => {
      const columns = [rows.map(row => row[0]), rows.map(row => row[1]), rows.map(() => rows[0][0])]
      // Minus zero is not kept: no column has one.
      const plain = columns.map(column => column.map(number => (number === 0 ? 0 : number)))
      expect(unpackNumbers(packNumbers(plain), 3, rows.length)).toEqual(plain)
    }),
  )
})

test('a run of neighbours takes a byte each, equal values take one altogether', () => {
  const indexes = Array.from({ length: 500 }, (_, i) => 1_000_000 + i)
  expect(packNumbers([indexes]).length).toBeLessThan(510)
  expect(packNumbers([indexes.map(() => 7)]).length).toBe(2)
})

test('a column with bytes left over is refused', () => {
  expect(() => unpackNumbers(Buffer.concat([packNumbers([[1, 2]]), Buffer.of(0)]), 1, 2)).toThrow()
})
