import { afterEach, describe, expect, test } from 'vitest'
import type { HistoryBatch, Journal } from '../../src/port/journal.ts'
import { JournalError } from '../../src/port/journal-error.ts'
import type { Store } from '../../src/port/store.ts'
import { entry, history, results } from './append-data.ts'

/** A place that outlives the nodes using it: a folder, or the simulated disk. */
export type World = {
  open(): { readonly journal: Journal; readonly store: Store; close(): void }
  /** The node dies without closing; the next `open` finds what was durable. */
  crash(): void
  damage(damage: 'drop' | 'flip' | 'repeat' | 'swap', sequence: number): void
  /** The next append fails and leaves nothing. */
  failNextAppend(): void
  discard(): void
}

/** A fresh world at each call, gone after the test. */
export function discardedAfterEach(createWorld: () => World): () => World {
  const worlds: World[] = []
  afterEach(() => {
    for (const used of worlds.splice(0)) used.discard()
  })
  return () => {
    const world = createWorld()
    worlds.push(world)
    return world
  }
}

export function journalConformance(name: string, createWorld: () => World): void {
  describe(`journal: ${name}`, () => {
    const world = discardedAfterEach(createWorld)
    const loaded = (journal: Journal) => {
      const { snapshot, entries } = journal.load()
      return { snapshot, entries: [...entries] }
    }
    const written = (place: World, count: number) => {
      const { journal, close } = place.open()
      for (let i = 1; i <= count; i += 1) journal.append(entry(i), [], [])
      close()
    }

    test('a new journal holds nothing', () => {
      const { journal } = world().open()
      expect(loaded(journal)).toEqual({ snapshot: undefined, entries: [] })
      expect(journal.bytesSinceSnapshot()).toBe(0)
    })

    test('entries come back in order, with their terms, across a restart', () => {
      const place = world()
      written(place, 300)
      const next = place.open().journal
      next.append(entry(301, 2, '{"text":"é 漢 😀 \\n"}'), [], [])
      place.crash()
      const { entries } = loaded(place.open().journal)
      expect(entries.map(one => one.sequence)).toEqual(Array.from({ length: 301 }, (_, i) => i + 1))
      expect(entries[0]).toEqual(entry(1))
      expect(entries[300]).toEqual(entry(301, 2, '{"text":"é 漢 😀 \\n"}'))
    })

    test('what an append acknowledged survives a crash, entry and results and history', () => {
      const place = world()
      const { journal } = place.open()
      journal.append(entry(1), [results({ indexes: [0, 1, 2] })], [history({ indexes: [0, 1, 2] })])
      place.crash()
      const { journal: found, store } = place.open()
      expect(loaded(found).entries).toEqual([entry(1)])
      expect(store.counts('calm-otter', 'ocr').done).toBe(3)
      expect([...store.history('calm-otter')]).toEqual([history({ indexes: [0, 1, 2] })])
    })

    test('history that entries tell is read at once, told anew after a crash, and written before what they do not tell', () => {
      const place = world()
      const of = (index: number, over: Partial<HistoryBatch> = {}) =>
        history({ indexes: [index], ...over })
      const tell = ({ journal }: { journal: Journal }, sequence: number) =>
        journal.append(
          { ...entry(sequence), tellsHistory: true },
          [results({ indexes: [sequence] })],
          [of(sequence)],
        )
      const attempts = (store: Store) =>
        [...store.history('calm-otter')].flatMap(batch => batch.attempts)
      const first = place.open()
      tell(first, 1)
      expect(attempts(first.store)).toEqual([101])
      place.crash()
      const next = place.open()
      expect(next.journal.load().historyTo('calm-otter', 'ocr')).toBe(0)
      next.journal.recall([of(1)])
      expect(attempts(next.store)).toEqual([101])
      next.journal.append(entry(2), [], [of(2, { outcomes: ['lost'] })])
      tell(next, 3)
      place.crash()
      const last = place.open()
      expect(last.journal.load().historyTo('calm-otter', 'ocr')).toBe(2)
      expect(last.journal.load().historyTo('calm-otter', 'words')).not.toBeLessThan(2)
      last.journal.recall([of(3)])
      expect(attempts(last.store)).toEqual([101, 102, 103])
      last.journal.append(entry(4), [], [])
      last.close()
      const { journal, store } = place.open()
      expect(journal.load().historyTo('calm-otter', 'ocr')).not.toBeLessThan(3)
      expect(attempts(store)).toEqual([101, 102, 103])
    })

    test('a failed append leaves nothing of entry or results, and the journal takes no more', () => {
      const place = world()
      const { journal } = place.open()
      journal.append(entry(1), [results({ indexes: [0] })], [])
      place.failNextAppend()
      const attempt = () => journal.append(entry(2), [results({ indexes: [1] })], [])
      expect(attempt).toThrow(JournalError)
      expect(attempt).toThrow(JournalError)
      place.crash()
      const { journal: found, store } = place.open()
      expect(loaded(found).entries).toEqual([entry(1)])
      expect(store.counts('calm-otter', 'ocr').done).toBe(1)
      found.append(entry(2), [], [])
    })

    test('an entry that skips or repeats a sequence is a broken invariant', () => {
      const { journal } = world().open()
      journal.append(entry(1), [], [])
      expect(() => journal.append(entry(3), [], [])).toThrow('entry 3 appended after 1')
      expect(() => journal.append(entry(1), [], [])).toThrow('entry 1 appended after 1')
    })

    test('a snapshot replaces the entries up to it, and the sequence goes on', () => {
      const place = world()
      const { journal, close } = place.open()
      for (let i = 1; i <= 3; i += 1) journal.append(entry(i), [], [])
      const before = journal.bytesSinceSnapshot()
      journal.snapshot({ sequence: 2, term: 1, body: '{"state":2}' })
      expect(before).toBe(3 * entry(1).body.length)
      expect(journal.bytesSinceSnapshot()).toBe(entry(1).body.length)
      journal.append(entry(4, 7), [], [])
      close()
      const { journal: next } = place.open()
      expect(loaded(next)).toEqual({
        snapshot: { sequence: 2, term: 1, body: '{"state":2}' },
        entries: [entry(3), entry(4, 7)],
      })
      next.snapshot({ sequence: 4, term: 7, body: '{"state":4}' })
      place.crash()
      const { journal: last } = place.open()
      expect(loaded(last).entries).toEqual([])
      last.append(entry(5, 8), [], [])
      expect(loaded(last)).toEqual({
        snapshot: { sequence: 4, term: 7, body: '{"state":4}' },
        entries: [entry(5, 8)],
      })
    })

    test('results outlive the entries that a snapshot drops', () => {
      const { journal, store } = world().open()
      journal.append(entry(1), [results({ indexes: [0] })], [])
      journal.snapshot({ sequence: 1, term: 1, body: '{}' })
      expect(store.result('calm-otter', 'ocr', 0)?.payload).toBe('{"page":0}')
    })

    test.each([
      { damage: 'drop', story: /entry 5 .*missing: entry 6 follows 4/ },
      { damage: 'flip', story: /entry 5 .*checksum/ },
      { damage: 'repeat', story: /entry 6 .*checksum/ },
      { damage: 'swap', story: /entry 5 .*checksum/ },
    ] as const)(
      'a journal with a row damaged ($damage) is refused at that row',
      ({ damage, story }) => {
        const place = world()
        written(place, 9)
        place.damage(damage, 5)
        const { journal } = place.open()
        const seen: number[] = []
        const read = () => {
          for (const one of journal.load().entries) seen.push(one.sequence)
        }
        expect(read).toThrow(story)
        expect(seen).toEqual(damage === 'repeat' ? [1, 2, 3, 4, 5] : [1, 2, 3, 4])
      },
    )

    test('entries lost between the snapshot and the first row are a gap', () => {
      const place = world()
      const { journal, close } = place.open()
      for (let i = 1; i <= 4; i += 1) journal.append(entry(i), [], [])
      journal.snapshot({ sequence: 2, term: 1, body: '{}' })
      close()
      place.damage('drop', 3)
      expect(() => loaded(place.open().journal)).toThrow(/entry 3 .*missing: entry 4 follows 2/)
    })
  })
}
