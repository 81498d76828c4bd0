import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Frame, frameLines } from '../../src/cli/watch/frame.ts'
import { percent, seenWidth, wrapped } from '../../src/cli/print.ts'

const frame: Frame = {
  stages: [
    {
      name: 'find',
      ended: 30,
      known: 60,
      complete: true,
      rate: 5.2,
      failed: 2,
      skipped: 0,
      cancelled: 4,
      slow: 1,
      again: 0,
    },
    {
      name: 'read',
      ended: 28,
      known: 60,
      complete: false,
      rate: 0.5,
      failed: 0,
      skipped: 2,
      cancelled: 0,
      slow: 0,
      again: 3,
    },
    {
      ...{ name: 'count', ended: 0, known: 0, complete: false },
      ...{ failed: 0, skipped: 0, cancelled: 0, slow: 0, again: 0 },
    },
  ],
  lanes: [
    { id: 'fast', slots: 2, busy: 1, runs: 'read', loads: '', holds: 'rec 20 MB', short: false },
    {
      ...{ id: 'slow-box', slots: 4, busy: 4, runs: 'find x3' },
      ...{ loads: 'rec 20 MB', holds: '', short: true },
    },
  ],
  strategy:
    'auto: mct has the least makespan of 24 tried, by up to 12 simulated runs each; next spt',
  left: '3 s left (2 s to 5 s)',
}

const drawn = (width: number, shown = frame): string[] =>
  frameLines(shown, width).map(line => stripVTControlCharacters(line))

describe('the live view', () => {
  test('has a line a stage, a lane a machine, what decides, and the time left', () => {
    expect(drawn(100).join('\n')).toBe(`\
  find   ━━━━━━━━━━──────────   30/60   50 %  5.2/s  2 failed  4 cancelled  1 slow
  read   ━━━━━━━━━───────────  28/60+         30.0/min  2 skipped  3 to retry
  count  ────────────────────     0/0
  fast      ▪·    1/2 busy  read     holds rec 20 MB
  slow-box  ▪▪▪▪  4/4 busy  find x3  loads rec 20 MB  short of memory
  auto: mct has the least makespan of 24 tried, by up to 12 simulated runs each; next spt
  3 s left (2 s to 5 s)`)
  })

  test.each([
    [8, 30, 40],
    [22, 30, 40],
    [22, 30, 1],
    [22, 2, 40],
    [12, 9, 9],
  ])(
    'in %i rows %i stages and %i machines leave room for each other and for the time left',
    (rows, stages, machines) => {
      const [, read] = frame.stages
      const many: Frame = {
        ...frame,
        stages: Array.from({ length: stages }, (_, n) => {
          const ended = n < stages / 2 ? 60 : n < stages / 2 + 1 ? 30 : 0
          return { ...read, name: `stage${n}`, known: 60, complete: true, ended }
        }),
        lanes: Array.from({ length: machines }, (_, n) => ({ ...frame.lanes[0], id: `m${n}` })),
      }
      const lines = frameLines(many, 80, rows).map(line => stripVTControlCharacters(line))
      expect(lines.length).toBeLessThanOrEqual(rows)
      expect(lines.at(-1)).toBe('  3 s left (2 s to 5 s)')
      expect(lines.join('\n')).toContain('busy')
      // The stage at work is among those shown.
      expect(lines.join('\n')).toContain('30/60')
    },
  )

  test.each([20, 30, 40, 60, 80, 200])('fits %i columns', width => {
    for (const line of frameLines(frame, width)) expect(seenWidth(line)).toBeLessThanOrEqual(width)
  })

  test('where it is narrow, what failed and what is slow stay; bars, rates and shares go', () => {
    expect(drawn(48).slice(0, 2)).toEqual([
      '  find    30/60  2 failed  4 cancelled  1 slow',
      '  read   28/60+  2 skipped  3 to retry',
    ])
  })

  test('once it ended, only the stages and what decided are shown, the latter whole', () => {
    const { left: _left, ...over } = frame
    const lines = drawn(60, over)
    expect(lines).toHaveLength(5)
    expect(lines.slice(3).join('').replace(/\s+/g, ' ').trim()).toBe(frame.strategy)
  })

  test('a long name keeps its end, which tells it from others', () => {
    const stages = [7, 8].map(number => ({
      ...frame.stages[0],
      name: `stage-with-quite-a-long-name-${number}`,
    }))
    const shown = drawn(100, { ...frame, stages })
    expect(shown[0]).toMatch(/^ {2}stage-with-q…long-name-7 /)
    expect(shown[1]).toMatch(/^ {2}stage-with-q…long-name-8 /)
  })

  test('machines beyond the first dozen are counted', () => {
    const lanes = Array.from({ length: 15 }, (_, at) => ({ ...frame.lanes[0], id: `m${at}` }))
    expect(drawn(80, { ...frame, lanes })).toContain('  and 3 more machines')
  })
})

test('a rate has a decimal where it is small, and is told a minute where it is smaller still', () => {
  const rated = (rate: number) =>
    drawn(100, { ...frame, stages: [{ ...frame.stages[0], rate }] })[0]
  expect(rated(1234.4)).toContain('  1,234/s')
  expect(rated(12.3)).toContain('  12/s')
  expect(rated(9.94)).toContain('  9.9/s')
  expect(rated(0.25)).toContain('  15.0/min')
})

test('a share says 100 % only when it is', () => {
  expect([percent(0.996), percent(1), percent(0.994)]).toEqual(['99 %', '100 %', '99 %'])
})

test('a line is broken at spaces within its width; what goes on is indented', () => {
  expect(wrapped('  one two three', 10)).toEqual(['  one two', '      three'])
  expect(wrapped('  over it  one two three', 22)).toEqual([
    '  over it  one two',
    '           three',
  ])
  expect(wrapped('  seventeenletters x', 10)).toEqual(['  seventeenletters', '      x'])
})
