import { describe, expect, test } from 'vitest'
import { chunkSize } from '../../src/policy/decomposition/chunk.ts'

describe('how many items the next task takes', () => {
  test.each([
    // spec, remaining, slots, micros an item, size
    ['whole', 90, 4, 1, 90],
    ['whole', 0, 4, 1, 1],
    ['fixed 7', 90, 4, 1, 7],
    ['auto', 1_000_000, 4, Number.NaN, 1],
    ['auto', 1_000_000, 4, 1, 1_000],
    ['auto', 1_000_000, 4, 10, 1_000],
    ['auto', 1_000_000, 4, 1_000, 200],
    ['auto', 1_000_000, 4, 30_000, 7],
    ['auto', 1_000_000, 4, 1_000_000, 1],
    ['auto', 400, 4, 1, 50],
    ['auto', 8, 4, 1, 1],
    ['auto', 1, 4, 1, 1],
  ])('%s of %i items on %i slots at %f µs: %i', (spec, remaining, slots, microsPerItem, size) => {
    const parsed = spec.startsWith('fixed')
      ? { kind: 'fixed' as const, items: 7 }
      : { kind: spec as 'whole' | 'auto' }
    expect(chunkSize(parsed, { remaining, slots, microsPerItem })).toBe(size)
  })

  test('handing out costs at most a hundredth of the work where that leaves every slot its share', () => {
    for (const micros of [200, 1_000, 5_000, 80_000]) {
      const size = chunkSize({ kind: 'auto' }, { remaining: 1e9, slots: 2, microsPerItem: micros })
      expect(size * micros).toBeGreaterThanOrEqual(100 * 2_000)
    }
  })

  test('the last tasks do not straggle: never more than half an even share of what remains', () => {
    let remaining = 5_000
    const sizes: number[] = []
    while (remaining > 0) {
      const size = chunkSize({ kind: 'auto' }, { remaining, slots: 4, microsPerItem: 1 })
      expect(size).toBeLessThanOrEqual(Math.max(1, remaining / 8))
      sizes.push(size)
      remaining -= size
    }
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
    expect(sizes.at(-1)).toBe(1)
  })
})
