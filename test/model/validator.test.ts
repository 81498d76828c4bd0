import { describe, expect, it } from 'vitest'
import type { Schedule } from '../../src/model/schedule.ts'
import { violationsOf } from '../../src/model/validator.ts'
import { problem } from '../policy/planning/problems.ts'

/**
 * a (4) and b (3) on two machines, b after a with a transfer of 2, c only on m1 and released at 1;
 * m2 offers two cpus, of which each task needs one.
 */
const on = problem({
  machines: [{ id: 'm0' }, { id: 'm1' }, { id: 'm2', capacity: { cpu: 2 } }],
  tasks: [
    { id: 'a', work: 4, needs: { cpu: 1 } },
    { id: 'b', work: 3, needs: { cpu: 1 }, after: [{ task: 'a', time: 2 }] },
    { id: 'c', times: [null, 2, 2], needs: { cpu: 1 }, release: 1 },
  ],
})

/** `machine start end` for a, b, c. */
function schedule(...rows: [number, number, number][]): Schedule {
  return {
    machine: Int32Array.from(rows, row => row[0]),
    start: Float64Array.from(rows, row => row[1]),
    end: Float64Array.from(rows, row => row[2]),
  }
}

const kinds = (...rows: [number, number, number][]) =>
  violationsOf(on, schedule(...rows)).map(({ kind, task, machine }) => `${kind} ${task} ${machine}`)

describe('the validator', () => {
  it('accepts a schedule that keeps every rule', () => {
    expect(kinds([0, 0, 4], [0, 4, 7], [1, 1, 3])).toEqual([])
    expect(kinds([0, 0, 4], [1, 6, 9], [1, 1, 3])).toEqual([])
    expect(kinds([2, 0, 4], [2, 4, 7], [2, 1, 3])).toEqual([])
  })

  it.each<[string, [number, number, number][], string[]]>([
    [
      'a task nobody runs',
      [
        [-1, 0, 4],
        [0, 4, 7],
        [1, 1, 3],
      ],
      ['unassigned 0 -1'],
    ],
    [
      'a machine that is none',
      [
        [3, 0, 4],
        [0, 4, 7],
        [1, 1, 3],
      ],
      ['unassigned 0 3'],
    ],
    [
      'a time that is none',
      [
        [0, Number.NaN, 4],
        [0, 4, 7],
        [1, 1, 3],
      ],
      ['not-a-time 0 0'],
    ],
    [
      'a machine that cannot',
      [
        [0, 0, 4],
        [0, 4, 7],
        [0, 7, 9],
      ],
      ['ineligible 2 0'],
    ],
    [
      'too short a run',
      [
        [0, 0, 4],
        [0, 4, 6],
        [1, 1, 3],
      ],
      ['duration 1 0'],
    ],
    [
      'a start before the release',
      [
        [0, 0, 4],
        [0, 4, 7],
        [1, 0, 2],
      ],
      ['release 2 1'],
    ],
    [
      'a start before the beginning',
      [
        [0, -1, 3],
        [0, 4, 7],
        [1, 1, 3],
      ],
      ['release 0 0', 'release 0 0'],
    ],
    [
      'a start before the data',
      [
        [0, 0, 4],
        [1, 5, 8],
        [1, 1, 3],
      ],
      ['precedence 1 1'],
    ],
    [
      'two at once on a machine for one',
      [
        [1, 0, 4],
        [1, 4, 7],
        [1, 3, 5],
      ],
      ['overlap 2 1', 'overlap 1 1'],
    ],
    [
      'more than the capacity',
      [
        [2, 0, 4],
        [2, 3, 6],
        [2, 3, 5],
      ],
      ['precedence 1 2', 'capacity 2 2'],
    ],
  ])('reports %s', (_, rows, expected) => {
    expect(kinds(...rows)).toEqual(expected)
  })

  it('reports a schedule of another size, and nothing else', () => {
    expect(kinds([0, 0, 4])).toEqual(['shape -1 -1'])
  })

  it('says who, where and when, for people', () => {
    const [violation] = violationsOf(on, schedule([0, 0, 4], [1, 5, 8], [1, 1, 3]))
    expect(violation.detail).toBe('b starts at 5, but a and its transfer of 2 end at 6')
  })

  it('forgives rounding, but not a thousandth', () => {
    expect(kinds([0, 0, 4], [0, 4 - 1e-10, 7], [1, 1, 3])).toEqual([])
    expect(kinds([0, 0, 4], [0, 3.999, 6.999], [1, 1, 3])).toEqual([
      'precedence 1 0',
      'overlap 1 0',
    ])
  })

  it.each([
    [0, []],
    [2, ['overlap 1 0']],
    [4, []],
  ])('a task of no duration at %d needs its machine for that instant', (at, found) => {
    const instant = problem({
      machines: [{ id: 'm0' }],
      tasks: [
        { id: 'a', work: 4 },
        { id: 'b', work: 0 },
        { id: 'c', work: 4 },
      ],
    })
    const violations = violationsOf(instant, schedule([0, 0, 4], [0, at, at], [0, 4, 8]))
    expect(violations.map(({ kind, task, machine }) => `${kind} ${task} ${machine}`)).toEqual(found)
  })

  it.each([
    [0, []],
    [2, ['capacity 2 0']],
    [3, []],
    [4, []],
  ])('and its needs beside all that runs before and after: at %d', (at, found) => {
    const instant = problem({
      machines: [{ id: 'm0', capacity: { cpu: 3 } }],
      tasks: [
        { id: 'a', work: 4, needs: { cpu: 2 } },
        { id: 'b', work: 3, needs: { cpu: 1 } },
        { id: 'z', work: 0, needs: { cpu: 1 } },
        { id: 'y', work: 0, needs: { cpu: 1 } },
      ],
    })
    const placed = schedule([0, 0, 4], [0, 0, 3], [0, at, at], [0, 4, 4])
    const violations = violationsOf(instant, placed)
    expect(violations.map(({ kind, task, machine }) => `${kind} ${task} ${machine}`)).toEqual(found)
  })
})
