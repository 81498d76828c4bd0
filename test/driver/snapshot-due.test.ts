import { describe, expect, test } from 'vitest'
import { isSnapshotDue, isSnapshotDueAtClose } from '../../src/driver/snapshot-due.ts'

const MB = 1024 * 1024

describe('a snapshot is taken', () => {
  const table = [
    { rule: 'after so many bytes of journal', bytes: 5, last: 0, tasks: 0, due: true },
    { rule: 'not before', bytes: 3, last: 0, tasks: 0, due: false },
    {
      rule: 'not before twice what the last one came to',
      bytes: 19,
      last: 10,
      tasks: 0,
      due: false,
    },
    { rule: 'after twice what the last one came to', bytes: 21, last: 10, tasks: 0, due: true },
    {
      rule: 'not before twice what tasks at work come to',
      bytes: 60,
      last: 0,
      tasks: 1e6,
      due: false,
    },
    { rule: 'after 64 MB, whatever it comes to', bytes: 65, last: 900, tasks: 1e6, due: true },
  ]
  test.each(table)('$rule', ({ bytes, last, tasks, due }) => {
    expect(isSnapshotDue(bytes * MB, { every: 4 * MB, last: last * MB, tasks })).toBe(due)
  })

  test('never where none are wanted', () => {
    const never = { every: 0, last: 0, tasks: 0 }
    expect(isSnapshotDue(900 * MB, never)).toBe(false)
    expect(isSnapshotDueAtClose(900 * MB, never)).toBe(false)
  })
})

describe('a close leaves a snapshot behind', () => {
  const table = [
    { rule: 'not of a small run', bytes: 0.2, last: 0, tasks: 0, due: false },
    { rule: 'after some hundred small runs', bytes: 0.3, last: 0, tasks: 0, due: true },
    { rule: 'not before a quarter of the last', bytes: 1, last: 8, tasks: 0, due: false },
    { rule: 'after a quarter of the last', bytes: 3, last: 8, tasks: 0, due: true },
    { rule: 'not of many tasks that are open', bytes: 3, last: 0, tasks: 1e6, due: false },
  ]
  test.each(table)('$rule', ({ bytes, last, tasks, due }) => {
    const by = { every: 4 * MB, last: last * MB, tasks }
    expect(isSnapshotDueAtClose(bytes * MB, by)).toBe(due)
  })
})
