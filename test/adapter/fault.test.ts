import { expect, test } from 'vitest'
import type { Statement } from '../../src/adapter/sqlite/database.ts'
import { asJournalError } from '../../src/adapter/sqlite/fault.ts'
import { patient } from '../../src/adapter/sqlite/patient.ts'
import { JournalError } from '../../src/port/journal-error.ts'

const sqlite = (errcode: number) => Object.assign(new Error('as SQLite says'), { errcode })
const system = (code: string) => Object.assign(new Error('as the system says'), { code })

test.each([
  { fault: 'SQLITE_FULL', error: sqlite(13), kind: 'full', advice: 'Free some space' },
  { fault: 'ENOSPC', error: system('ENOSPC'), kind: 'full', advice: 'Free some space' },
  { fault: 'SQLITE_READONLY', error: sqlite(8), kind: 'readonly', advice: 'writable' },
  { fault: 'SQLITE_READONLY_DIRECTORY', error: sqlite(1544), kind: 'readonly', advice: 'writable' },
  { fault: 'EROFS', error: system('EROFS'), kind: 'readonly', advice: 'writable' },
  { fault: 'EACCES', error: system('EACCES'), kind: 'readonly', advice: 'writable' },
  { fault: 'SQLITE_IOERR_FSYNC', error: sqlite(1034), kind: 'io', advice: 'Check the disk' },
  { fault: 'SQLITE_CANTOPEN', error: sqlite(14), kind: 'io', advice: 'Check that the folder' },
  {
    fault: 'SQLITE_CANTOPEN for want of permission',
    error: Object.assign(sqlite(14), { systemErrno: 13 }),
    kind: 'readonly',
    advice: 'writable',
  },
  { fault: 'SQLITE_BUSY', error: sqlite(5), kind: 'locked', advice: 'Wait for it' },
  { fault: 'SQLITE_CORRUPT', error: sqlite(11), kind: 'corrupt', advice: 'backup' },
  {
    fault: 'a message without a code',
    error: new Error('database disk image is malformed'),
    kind: 'corrupt',
    advice: 'backup',
  },
])('$fault tells the path, the cause and what to do', ({ error, kind, advice }) => {
  const told = asJournalError(error, '/data/dray.db', 'appending entry 7') as JournalError
  expect(told).toBeInstanceOf(JournalError)
  expect(told.kind).toBe(kind)
  expect(told.message).toContain('/data/dray.db: ')
  expect(told.message).toContain('while appending entry 7')
  expect(told.message).toContain(advice)
  expect(told.cause).toBe(error)
})

test('what is not a fault of the disk passes through unchanged', () => {
  const bug = new TypeError('x is not a function')
  expect(asJournalError(bug, '/data/dray.db', 'appending')).toBe(bug)
})

test('a read refused because its owner was just committing is tried again; what lasts is not', () => {
  const refusals: number[] = []
  const refusedOr = <T>(value: T): T => {
    const errcode = refusals.shift()
    if (errcode !== undefined) throw sqlite(errcode)
    return value
  }
  const read = patient({
    get: () => refusedOr([1]),
    all: () => refusedOr([[1], [2]]),
    *iterate() {
      yield refusedOr([1])
      yield [2]
    },
  } as unknown as Statement)
  const readings = [() => read.get(), () => read.all(), () => [...read.iterate()]]
  const expected = [[1], [[1], [2]], [[1], [2]]]
  readings.forEach((reading, nth) => {
    refusals.push(264, 264, 1288)
    expect(reading()).toEqual(expected[nth])
    refusals.push(1544)
    expect(reading).toThrow('as SQLite says')
  })
})
