import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matrixReader, parseMatrix } from '../../src/input/matrix.ts'

const read = (text: string) => parseMatrix(text, { place: 'm.csv', name: 'm' })

describe('a matrix', () => {
  it('has a row per task and a column per machine, named by index', () => {
    const { machines, tasks, times } = read('1,2.5\n3,4e2\n')
    expect(machines.map(({ id }) => id)).toEqual(['m0', 'm1'])
    expect(tasks.map(({ id }) => id)).toEqual(['t0', 't1'])
    expect([...times]).toEqual([1, 2.5, 3, 400])
  })

  it.each([
    ['without a last line feed', '1,2\n3,4'],
    ['with carriage returns', '1,2\r\n3,4\r\n'],
    ['with spaces and empty lines at the end', ' 1 , 2\n\t3,4 \n\n \n'],
    ['with a byte order mark', '\ufeff1,2\n3,4\n'],
  ])('may be written %s', (_, text) => {
    expect([...read(text).times]).toEqual([1, 2, 3, 4])
  })

  it('marks machines that cannot run a task by inf', () => {
    expect([...read('inf,2\n3,Infinity').times]).toEqual([Infinity, 2, 3, Infinity])
  })

  it('reads every number as JavaScript does, whole or cut into pieces anywhere', () => {
    const cell = fc.oneof(
      fc.double({ min: 0, max: 1e12, noNaN: true }).map(String),
      fc.double({ min: 0, max: 1e6, noNaN: true }).map(value => value.toFixed(6)),
      fc.nat().map(String),
    )
    const rows = fc
      .integer({ min: 1, max: 5 })
      .chain(columns =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1 }),
      )
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 9 }), (table, size) => {
        const bytes = new TextEncoder().encode(table.map(row => row.join(',')).join('\n'))
        const reader = matrixReader({ place: 'm.csv', name: 'm', rows: table.length })
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
        expect([...reader.finish().times]).toEqual(table.flat().map(Number))
      }),
    )
  })

  it('reads sixteen digits no worse than fifteen', () => {
    const digits = '9.700000012345671'
    expect([...read(`${digits},1\n`).times]).toEqual([Number(digits), 1])
  })

  it('takes a cell of 64 characters and none longer', () => {
    const zeros = '0'.repeat(63)
    expect([...read(`${zeros}1,2\n`).times]).toEqual([1, 2])
    expect(() => read(`${zeros}01,2\n`)).toThrow('m.csv:1: cell 1 is over 64 characters')
  })

  it.each([
    ['ragged rows', '1,2\n3\n', 'm.csv:2: 1 column\n', '2, as in the first row'],
    ['a longer row', '1,2\n3,4,5\n', 'm.csv:2: 3 columns', '2, as in the first row'],
    ['a negative time', '1,2\n3,-4\n', 'm.csv:2: column 2 is negative: -4', 'a number from 0'],
    ['NaN', '1,NaN\n', 'm.csv:1: column 2 is "NaN"', 'a number from 0'],
    ['a missing time', '1,2\n3,\n', 'm.csv:2: column 2 is missing', 'a number from 0'],
    ['a word', '1,fast\n', 'm.csv:1: column 2 is "fast"', 'a number from 0'],
    ['digits of another script', '１,2\n', 'm.csv:1: column 1 is "１"', 'a number from 0'],
    ['a header', 'm0,m1\n1,2\n', 'm.csv:1: column 1 is "m0"', 'no header row'],
    ['semicolons', '1;2\n', 'm.csv:1: column 1 is "1;2"', 'separated by commas'],
    ['tabs', '1\t2\n', 'm.csv:1: column 1 is "1\\t2"', 'separated by commas'],
    ['old line ends', '1,2\r3,4', 'm.csv:1: column 2 is "2\\r3"', 'a number from 0'],
    ['a hexadecimal number', '0x10\n', 'm.csv:1: column 1 is "0x10"', 'a number from 0'],
    ['a number beyond all', '1e999\n', 'm.csv:1: column 1 is too large: 1e999', 'a number from 0'],
    ['a gap between rows', '1\n\n2\n', 'm.csv:2: an empty line between rows', 'a row'],
    ['nothing', '', 'm.csv:1: no rows', 'a row of processing times per task'],
    ['no machine for a task', '1,2\ninf,inf\n', 'm.csv:2: no machine can run task t1', 'finite'],
    ['a cell without end', '1'.repeat(200), 'm.csv:1: cell 1 is over 64 characters', 'a number'],
    ['columns without end', '1,'.repeat(100_001), 'more than 100000 columns', 'a row per task'],
  ])('refuses %s, naming the line', (_, text, found, expected) => {
    expect(() => read(text)).toThrow(found)
    expect(() => read(text)).toThrow(expected)
  })

  it('refuses more rows than any plan could hold before memory runs out', () => {
    const piece = new TextEncoder().encode('1\n'.repeat(500_000))
    const reader = matrixReader({ place: 'm.csv', name: 'm', rows: 10 })
    for (let pieces = 0; pieces < 4; pieces += 1) reader.push(piece)
    expect(() => reader.push(piece)).toThrow('m.csv:2000001: the matrix is too large')
  })
})
