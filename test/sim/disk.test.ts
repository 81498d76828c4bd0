import { describe, expect, test } from 'vitest'
import { createDisk, type Disk } from '../../src/sim/disk.ts'
import { entry, results } from '../adapter/append-data.ts'
import { journalConformance, type World } from '../adapter/journal.conformance.ts'
import { storeConformance } from '../adapter/store.conformance.ts'

function simulatedWorld(): World {
  let disk: Disk = createDisk()
  let closed = true
  return {
    open() {
      // A closed disk is found again as it was left.
      if (closed) disk = disk.crash()
      closed = false
      const { journal, store } = disk
      const close = () => {
        disk.close()
        closed = true
      }
      return { journal, store, close }
    },
    crash() {
      disk = disk.crash()
    },
    damage: (damage, sequence) => disk.damage(damage, sequence),
    failNextAppend: () => disk.failNextAppend('lost'),
    discard: () => {},
  }
}

journalConformance('simulated disk', simulatedWorld)
storeConformance('simulated disk', simulatedWorld)

describe('faults of the simulated disk', () => {
  const sequences = (disk: Disk) => [...disk.journal.load().entries].map(one => one.sequence)

  test('a failed append may have been kept all the same, with its results', () => {
    const disk = createDisk()
    disk.failNextAppend('kept')
    expect(() => disk.journal.append(entry(1), [results({ indexes: [0] })], [])).toThrow('failed')
    const found = disk.crash()
    expect(sequences(found)).toEqual([1])
    expect(found.store.counts('calm-otter', 'ocr').done).toBe(1)
  })

  test('a torn tail loses the last commits with their results, and older answers return', () => {
    const disk = createDisk()
    disk.journal.append(entry(1), [results({ indexes: [0], payloads: ['1'] })], [])
    disk.journal.append(entry(2), [results({ indexes: [0, 1], payloads: ['2', '2'] })], [])
    disk.tearTail(1)
    const found = disk.crash()
    expect(sequences(found)).toEqual([1])
    expect([...found.store.results('calm-otter', 'ocr')].map(one => one.payload)).toEqual(['1'])
  })

  test('a snapshot that fails leaves the one before it', () => {
    const disk = createDisk()
    disk.journal.append(entry(1), [], [])
    disk.failNextSnapshot('lost')
    expect(() => disk.journal.snapshot({ sequence: 1, term: 1, body: '{}' })).toThrow('failed')
    expect(disk.crash().journal.load().snapshot).toBeUndefined()
  })

  test('a crashed node has no disk', () => {
    const disk = createDisk()
    disk.crash()
    expect(() => disk.journal.append(entry(1), [], [])).toThrow('crashed')
    expect(() => disk.store.get('x')).toThrow('crashed')
  })
})
