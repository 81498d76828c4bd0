import { describe, expect, test } from 'vitest'
import type { WorldReport } from '../../src/sim/world.ts'
import { marks, marksIn } from './marks.ts'
import { world } from './worlds.ts'

/**
 * 200 worlds of faults, each from its seed. What must hold is in src/sim/checker.ts and oracle.ts:
 * capacity, leases, precedence, one answer an item, replay equals live, and an end of everything once
 * the world heals. `SEED=n` runs one world, `SEEDS=from-to` as many as there is patience for.
 */
const [from, to] = seeds(process.env.SEED ?? process.env.SEEDS ?? '1-200')

/** How many of the worlds bear each mark. */
const reached = new Map<string, number>()
const calm: WorldReport[] = []

function note(report: WorldReport): void {
  for (const mark of marksIn(report.journal)) reached.set(mark, (reached.get(mark) ?? 0) + 1)
  if (report.seed <= 20) calm.push(report)
}

describe('whatever fails, nothing wrong happens, and in the end every item has ended', () => {
  const each = 25
  for (let first = from; first <= to; first += each) {
    const last = Math.min(to, first + each - 1)
    test(`seeds ${first} to ${last}`, async () => {
      for (let seed = first; seed <= last; seed += 1) note(await world(seed))
    })
  }
})

describe('a seed is a world', () => {
  test('the same seed writes the same journal, byte for byte', async () => {
    for (const seed of [3, 14, 15]) {
      const [once, again] = [await world(seed), await world(seed)]
      expect(once.journal.length).toBeGreaterThan(20)
      expect(again.journal).toEqual(once.journal)
    }
  })
})

if (to - from >= 199)
  describe('what the 200 worlds meet', () => {
    test('they reach every kind of event and decision, and the rare ways they come', () => {
      const wanted = Object.entries(marks).flatMap(([kind, ways]) =>
        ways.map(way => `${kind} ${way}`),
      )
      expect(wanted.filter(mark => !reached.has(mark))).toEqual([])
    })

    test('runs that continue others, times learnt before, what is removed, retried and cancelled: not one seed each', () => {
      const few = [
        ...['read kept items', 'outcomes kept after them', 'learnt of all', 'learnt of a machine'],
        ...['forget ', 'unload a stage', 'retryFailed ', 'cancel ', 'stop abort: cancelled'],
      ].filter(mark => (reached.get(mark) ?? 0) < 10)
      expect(few).toEqual([])
    })

    test('they are not all calm: nodes die and attempts are lost', () => {
      const sum = (of: (report: WorldReport) => number): number =>
        calm.reduce((total, report) => total + of(report), 0)
      expect(sum(report => report.lives)).toBeGreaterThan(60)
      expect(sum(report => report.attempts)).toBeGreaterThan(sum(report => report.items) / 2)
      expect(new Set(calm.map(report => report.journal.join())).size).toBe(20)
    })
  })

function seeds(text: string): [number, number] {
  const [first, last = first] = text.split('-').map(Number)
  return [first, last]
}
