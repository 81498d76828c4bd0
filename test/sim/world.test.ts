import { describe, expect, test } from 'vitest'
import { simulateWorld, type WorldReport } from '../../src/sim/world.ts'

/**
 * 200 worlds of faults, each from its seed. What must hold is in src/sim/checker.ts and oracle.ts:
 * capacity, leases, precedence, one answer an item, replay equals live, and an end of everything once
 * the world heals. `SEED=n` runs one world, `SEEDS=from-to` as many as there is patience for.
 */
const [from, to] = seeds(process.env.SEED ?? process.env.SEEDS ?? '1-200')

describe('whatever fails, nothing wrong happens, and in the end every item has ended', () => {
  const each = 25
  for (let first = from; first <= to; first += each) {
    const last = Math.min(to, first + each - 1)
    test(`seeds ${first} to ${last}`, async () => {
      for (let seed = first; seed <= last; seed += 1) await simulateWorld(seed)
    })
  }
})

describe('a seed is a world', () => {
  test('the same seed writes the same journal, byte for byte', async () => {
    for (const seed of [3, 14, 15]) {
      const [once, again] = [await simulateWorld(seed), await simulateWorld(seed)]
      expect(once.journal.length).toBeGreaterThan(20)
      expect(again.journal).toEqual(once.journal)
    }
  })

  test('worlds are not all calm: nodes die and attempts are lost', async () => {
    const reports: WorldReport[] = []
    for (let seed = 1; seed <= 20; seed += 1) reports.push(await simulateWorld(seed))
    const sum = (of: (report: WorldReport) => number): number =>
      reports.reduce((total, report) => total + of(report), 0)
    expect(sum(report => report.lives)).toBeGreaterThan(60)
    expect(sum(report => report.attempts)).toBeGreaterThan(sum(report => report.items) / 2)
    expect(new Set(reports.map(report => report.journal.join())).size).toBe(20)
  })
})

function seeds(text: string): [number, number] {
  const [first, last = first] = text.split('-').map(Number)
  return [first, last]
}
