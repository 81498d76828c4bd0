import { describe, expect, it } from 'vitest'
import { prng } from '../../src/std/prng.ts'

const draw = (count: number, next: () => number) => Array.from({ length: count }, next)

describe('prng', () => {
  it('repeats from its seed and stream', () => {
    expect(draw(5, prng(7, 3).next)).toEqual(draw(5, prng(7, 3).next))
  })

  it('never changes what a seed means: plans are repeated from recorded seeds', () => {
    const random = prng(1)
    expect(draw(4, () => random.int(1000))).toMatchInlineSnapshot(`
      [
        58,
        617,
        415,
        145,
      ]
    `)
  })

  it('gives neighbouring seeds, streams and seeds beyond 32 bits unrelated numbers', () => {
    const sources = [prng(0), prng(1), prng(2), prng(1, 1), prng(2 ** 32), prng(2 ** 32 + 1)]
    const firsts = sources.map(random => random.next())
    expect(new Set(firsts).size).toBe(sources.length)
  })

  it('draws every residue about equally often', () => {
    const random = prng(5)
    const seen = [0, 0, 0, 0, 0, 0, 0]
    for (let draws = 0; draws < 70_000; draws += 1) seen[random.int(7)] += 1
    for (const count of seen) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  })

  it('is without bias where the range does not divide 2^32, and serves all of 2^32', () => {
    const random = prng(9)
    const wide = 3 * 2 ** 30
    // Folding 2^32 numbers into this range would draw its first third twice as often.
    const low = draw(30_000, () => random.int(wide)).filter(drawn => drawn < 2 ** 30).length
    expect(Math.abs(low - 10_000)).toBeLessThan(500)
    const all = draw(200, () => random.int(2 ** 32))
    expect(Math.max(...all)).toBeGreaterThan(0.9 * 2 ** 32)
    expect(all.every(Number.isSafeInteger)).toBe(true)
  })

  it('stays in [0, 1) with mean one half', () => {
    const random = prng(6)
    const numbers = draw(20_000, random.next)
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...numbers)).toBeLessThan(1)
    expect(numbers.reduce((sum, x) => sum + x, 0) / 20_000).toBeCloseTo(0.5, 1)
  })

  it('has normal draws of mean 0 and variance 1, and exponential draws of the given mean', () => {
    const random = prng(8)
    const normals = draw(40_000, random.normal)
    const mean = (list: number[]) => list.reduce((sum, x) => sum + x, 0) / list.length
    expect(Math.abs(mean(normals))).toBeLessThan(0.03)
    expect(Math.abs(mean(normals.map(x => x * x)) - 1)).toBeLessThan(0.05)
    const waits = draw(40_000, () => random.exponential(3))
    expect(Math.abs(mean(waits) - 3)).toBeLessThan(0.1)
  })

  it('shuffles into a permutation, in place', () => {
    const list = [0, 1, 2, 3, 4, 5, 6, 7]
    expect(prng(3).shuffle(list)).toBe(list)
    expect(list).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect([...list].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
})
