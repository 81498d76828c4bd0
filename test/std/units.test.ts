import { describe, expect, it } from 'vitest'
import { hash64 } from '../../src/std/hash64.ts'
import {
  formatBytes,
  formatCount,
  formatDuration,
  parseBytes,
  parseDuration,
  parseFactor,
  parseShare,
} from '../../src/std/units.ts'

describe('quantities as people write them', () => {
  it.each([
    ['900MB', 900_000_000],
    ['1.5GiB', 1_610_612_736],
    ['10 kB', 10_000],
    ['512B', 512],
    [4096, 4096],
    ['900', undefined],
    ['1iB', undefined],
    ['-1MB', undefined],
    [-1, undefined],
    [0.5, undefined],
    ['60s', undefined],
  ])('%s is %s bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes)
  })

  it.each([
    ['250ms', 250_000],
    ['60s', 60_000_000],
    ['1.5m', 90_000_000],
    ['2min', 120_000_000],
    ['1h30m', 5_400_000_000],
    ['2d', 172_800_000_000],
    ['60', undefined],
    ['1 month', undefined],
    ['s', undefined],
    ['', undefined],
  ])('%s lasts %s microseconds', (text, micros) => {
    expect(parseDuration(text)).toBe(micros)
  })

  it('shares are at most the whole, factors more than nothing', () => {
    expect(parseShare('0.5%')).toBe(0.005)
    expect(parseShare('100%')).toBe(1)
    expect(parseShare('101%')).toBeUndefined()
    expect(parseShare('0.5')).toBeUndefined()
    expect(parseFactor('x1.5')).toBe(1.5)
    expect(parseFactor('x0')).toBeUndefined()
    expect(parseFactor('2')).toBeUndefined()
  })

  it('sizes read back with three digits', () => {
    expect([0, 999, 1500, 999_999, 900_000_000, 12.34e9].map(formatBytes)).toEqual([
      ...['0 B', '999 B', '1.5 kB', '1 MB', '900 MB', '12.3 GB'],
    ])
  })

  it('durations read back in the two largest units, and never as 60 of the smaller', () => {
    const micros = [
      12, 250_000, 999_900, 1_500_000, 59_990_000, 125e6, 3_599.9e6, 12_000e6, 187_200e6,
    ]
    expect(micros.map(formatDuration)).toEqual([
      ...['12 us', '250 ms', '1 s', '1.5 s', '1 min', '2 min 5 s', '1 h', '3 h 20 min', '2 d 4 h'],
    ])
  })

  it('counts are grouped by thousands', () => {
    expect([0, 999, 4120, 1234567].map(formatCount)).toEqual(['0', '999', '4,120', '1,234,567'])
  })
})

describe('hash64', () => {
  it('tells apart texts that differ in one character, in order, or in length', () => {
    const texts = ['', 'a', 'b', 'ab', 'ba', 'aa', 'aaa', 'a\0', '\0', '\0\0', 'aab', 'aba']
    expect(new Set(texts.map(hash64)).size).toBe(texts.length)
  })

  it('finds no equals among a hundred thousand different keys', () => {
    const hashes = new Set<string>()
    for (let i = 0; i < 100_000; i += 1) hashes.add(hash64(`page-${i}`))
    expect(hashes.size).toBe(100_000)
  })
})
