import { describe, expect, test } from 'vitest'
import { JournalError } from '../../src/port/journal-error.ts'
import type { RunRecord } from '../../src/port/store.ts'
import { entry, history, results } from './append-data.ts'
import { discardedAfterEach, type World } from './journal.conformance.ts'

const run = 'calm-otter'

export function storeConformance(name: string, createWorld: () => World): void {
  describe(`store: ${name}`, () => {
    const world = discardedAfterEach(createWorld)

    test('nothing is known of a run that never was', () => {
      const { store } = world().open()
      expect(store.result(run, 'ocr', 0)).toBeUndefined()
      expect([...store.results(run, 'ocr')]).toEqual([])
      expect([...store.answered(run, 'ocr')]).toEqual([])
      expect(store.counts(run, 'ocr')).toEqual(counts({}))
      expect([...store.history(run)]).toEqual([])
      expect([...store.logs(run)]).toEqual([])
      expect(store.run(run)).toBeUndefined()
      expect(store.spooled(run, 0, 10)).toEqual([])
      expect(store.get('estimates')).toBeUndefined()
    })

    test('results come in item order whatever order they were committed in', () => {
      const { journal, store } = world().open()
      journal.append(
        entry(1),
        [results({ indexes: [7, 3, 9] }), results({ indexes: [4, 5, 6] })],
        [],
      )
      journal.append(entry(2), [results({ indexes: [0] }), results({ indexes: [8, 2, 1] })], [])
      const found = [...store.results(run, 'ocr')]
      expect(found.map(one => one.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(found[7]).toEqual(answer(7))
    })

    test('more results than are unpacked at a time come in item order, close together or scattered', () => {
      const { journal, store } = world().open()
      const count = 100_000
      const close = Array.from({ length: count }, (_, at) => at)
      // A step without a common divisor visits every item once.
      const scattered = close.map(at => count + ((at * 7_919) % count))
      for (const [sequence, indexes] of [close, scattered].entries())
        journal.append(entry(sequence + 1), [results({ indexes })], [])
      let next = 0
      for (const { index, key } of store.results(run, 'ocr')) {
        if (index !== next || key !== answer(index).key) break
        next += 1
      }
      expect(next).toBe(2 * count)
    })

    test('an item answered again counts once, with its newest answer', () => {
      const { journal, store } = world().open()
      const failed = { states: ['failed', 'done'], payloads: ['{"kind":"error"}', '1'] } as const
      journal.append(entry(1), [results({ indexes: [0, 1], ...failed })], [])
      journal.append(entry(2), [results({ indexes: [0], versions: ['v2'], payloads: ['2'] })], [])
      const redone = { ...answer(0), version: 'v2', payload: '2' }
      expect([...store.results(run, 'ocr')]).toEqual([redone, { ...answer(1), payload: '1' }])
      expect(store.result(run, 'ocr', 0)).toEqual(redone)
      expect(store.counts(run, 'ocr')).toEqual(counts({ done: 2 }))
    })

    test('each item is found by its index, among narrow and wide batches', () => {
      const { journal, store } = world().open()
      const batches = [[5, 900_000], [0, 1, 2, 3], [4], [899_999, 6], [100, 99, 98]]
      batches.forEach((indexes, i) => {
        journal.append(entry(i + 1), [results({ indexes })], [])
      })
      for (const index of batches.flat())
        expect(store.result(run, 'ocr', index)).toEqual(answer(index))
      for (const index of [7, 97, 101, 900_001])
        expect(store.result(run, 'ocr', index)).toBeUndefined()
    })

    test("keys, versions, states and payloads are each item's own", () => {
      const { journal, store } = world().open()
      const states = ['done', 'stopped', 'failed', 'skipped', 'cancelled'] as const
      const batch = results({
        indexes: [10, 11, 12, 13, 14],
        keys: ['10', 'a\nb', '漢', '', '14'],
        versions: ['v1', '', 'v1', 'v2', 'v1'],
        states,
        payloads: ['null', '"x\\ny"', '{}', '[1,2]', '"é😀"'],
      })
      journal.append(entry(1), [batch], [])
      const expected = batch.indexes.map((index, i) => ({
        index,
        key: batch.keys[i],
        version: batch.versions[i],
        state: states[i],
        payload: batch.payloads[i],
      }))
      expect([...store.results(run, 'ocr')]).toEqual(expected)
      expect([...store.answered(run, 'ocr')]).toEqual(expected.map(({ payload, ...rest }) => rest))
      expect(store.counts(run, 'ocr')).toEqual(
        counts({ done: 1, stopped: 1, failed: 1, skipped: 1, cancelled: 1 }),
      )
      const some = store.results(run, 'ocr', { from: 11, states: ['done', 'failed', 'cancelled'] })
      expect([...some].map(one => one.index)).toEqual([12, 14])
    })

    test('equal payloads, and a batch of thousands, come back whole', () => {
      const { journal, store } = world().open()
      const indexes = Array.from({ length: 10_000 }, (_, i) => i)
      const payloads = indexes.map(() => 'null')
      journal.append(entry(1), [results({ indexes, payloads, keys: indexes.map(String) })], [])
      const found = [...store.results(run, 'ocr')]
      expect(found).toHaveLength(10_000)
      expect(found[9_999]).toEqual({ ...answer(9_999), key: '9999', payload: 'null' })
      expect(store.result(run, 'ocr', 5_000)?.key).toBe('5000')
    })

    test('stages and runs do not mix', () => {
      const { journal, store } = world().open()
      journal.append(
        entry(1),
        [
          results({ indexes: [0], stage: 'words' }),
          results({ indexes: [0, 1] }),
          results({ indexes: [0], run: 'other' }),
        ],
        [],
      )
      expect(store.counts(run, 'words').done).toBe(1)
      expect(store.counts(run, 'ocr').done).toBe(2)
      expect(store.result('other', 'ocr', 1)).toBeUndefined()
    })

    test('a reader in the middle is not disturbed by commits', () => {
      const { journal, store } = world().open()
      journal.append(entry(1), [results({ indexes: [0, 1, 2] })], [])
      const reader = store.results(run, 'ocr')
      reader.next()
      journal.append(entry(2), [results({ indexes: [3, 4] })], [])
      expect([...reader].map(one => one.index)).toEqual([1, 2])
    })

    test('history comes back per run in commit order, fractions and all', () => {
      const { journal, store } = world().open()
      const mixed = history({
        indexes: [4, 2],
        machines: ['box', 'gpu'],
        outcomes: ['done', 'lost'],
      })
      const other = history({ indexes: [1], run: 'other' })
      const words = history({ indexes: [0], stage: 'words', cpuMicros: [0], peakBytes: [2 ** 40] })
      journal.append(entry(1), [], [mixed, other])
      journal.append(entry(2), [], [words])
      expect([...store.history(run)]).toEqual([mixed, words])
    })

    test('captured output becomes durable with the next commit, and not before', () => {
      const place = world()
      const first = place.open()
      first.store.log([line(1, 'kept\0whole')])
      first.journal.append(entry(1), [], [])
      first.store.log([line(1, 'lost')])
      place.crash()
      expect([...place.open().store.logs(run)].map(one => one.text)).toEqual(['kept\0whole'])
    })

    test('output is read by run, item and stage, and followed from an id on', () => {
      const place = world()
      const { store, close } = place.open()
      store.log([line(1, 'a'), line(2, 'b'), { ...line(1, 'c'), stage: 'words' }])
      store.log([{ ...line(1, 'd'), run: 'other' }, line(1, 'e')])
      const texts = (options: Parameters<typeof store.logs>[1]) =>
        [...store.logs(run, options)].map(one => one.text)
      expect(texts({})).toEqual(['a', 'b', 'c', 'e'])
      expect(texts({ index: 1 })).toEqual(['a', 'c', 'e'])
      expect(texts({ index: 1, stage: 'ocr' })).toEqual(['a', 'e'])
      expect(texts({ stage: 'words' })).toEqual(['c'])
      const [, second] = store.logs(run)
      expect(texts({ after: second.id })).toEqual(['c', 'e'])
      expect(second).toEqual({ ...line(2, 'b'), id: second.id })
      close()
      expect([...place.open().store.logs('other')]).toHaveLength(1)
    })

    test('run records are replaced by name and listed oldest first', () => {
      const place = world()
      const { store } = place.open()
      store.putRun(record('b', 2))
      store.putRun(record('a', 1))
      store.putRun({ ...record('b', 2), state: 'done', endedAt: 9, previous: 'a' })
      place.crash()
      const found = place.open().store
      expect(found.runs().map(one => one.name)).toEqual(['a', 'b'])
      expect(found.run('a')).toEqual(record('a', 1))
      expect(found.run('b')).toMatchObject({ state: 'done', endedAt: 9, previous: 'a' })
    })

    test('documents are replaced by name and survive a crash', () => {
      const place = world()
      const { store } = place.open()
      store.put('estimates', '{"a":1}')
      store.put('estimates', '{"a":2}')
      place.crash()
      expect(place.open().store.get('estimates')).toBe('{"a":2}')
    })

    test('spooled items are durable at once and numbered in push order', () => {
      const place = world()
      const { store } = place.open()
      const items = [0, 1, 2, 3, 4].map(i => ({ key: `k${i}`, payload: `"${i}"` }))
      store.spool(run, 0, items.slice(0, 3))
      store.spool(run, 3, [
        { ...items[3], priority: 5 },
        { ...items[4], notBefore: 77 },
      ])
      place.crash()
      const found = place.open().store
      expect(found.spooled(run, 1, 3)).toEqual([items[1], items[2], { ...items[3], priority: 5 }])
      expect(found.spooled(run, 4, 10)).toEqual([{ ...items[4], notBefore: 77 }])
      expect(found.spooled(run, 5, 10)).toEqual([])
      expect(() => found.spool(run, 9, items)).toThrow('where 5 comes next')
    })

    test('one spooled item is read from anywhere among many, short and long', () => {
      const store = world().open().store
      const items = Array.from({ length: 450 }, (_, i) => ({
        key: `k${i}`,
        payload: JSON.stringify('x'.repeat(i % 7 === 0 ? 5_000 : i % 3)),
        ...(i % 2 === 0 ? { priority: i } : {}),
      }))
      store.spool(run, 0, items)
      for (const i of [449, 0, 100, 99, 7, 203, 202]) {
        expect(store.spooled(run, i, 1)).toEqual([items[i]])
        expect(store.spooled(run, i, 120)).toEqual(items.slice(i, i + 120))
      }
    })

    test('large spooled items are read until they are enough, one at least', () => {
      const store = world().open().store
      const items = Array.from({ length: 40 }, (_, i) => ({
        key: `k${i}`,
        payload: JSON.stringify('x'.repeat(998)),
      }))
      store.spool(run, 0, items)
      expect(store.spooled(run, 3, 40, 1)).toEqual([items[3]])
      expect(store.spooled(run, 3, 40, 2_001)).toEqual(items.slice(3, 6))
      expect(store.spooled(run, 3, 2, 2_001)).toEqual(items.slice(3, 5))
      expect(store.spooled(run, 38, 40, 9_000)).toEqual(items.slice(38))
    })

    test('items pushed with an entry are durable with it, and lost with it', () => {
      const place = world()
      const { journal, store } = place.open()
      const items = [0, 1, 2].map(i => ({ key: `k${i}`, payload: `"${i}"` }))
      journal.append(entry(1), [], [], [{ run, first: 0, items: items.slice(0, 2) }])
      place.failNextAppend()
      const push = () => journal.append(entry(2), [], [], [{ run, first: 2, items: [items[2]] }])
      expect(push).toThrow(JournalError)
      expect(store.spooled(run, 0, 9)).toEqual(items.slice(0, 2))
      place.crash()
      expect(place.open().store.spooled(run, 0, 9)).toEqual(items.slice(0, 2))
    })

    test('removing a run removes everything of it and nothing else', () => {
      const place = world()
      const { journal, store } = place.open()
      for (const name of [run, 'other']) {
        store.putRun(record(name, 1))
        store.spool(name, 0, [{ key: 'k', payload: '1' }])
        store.log([{ ...line(0, 'text'), run: name }])
        store.put(`written:${name}`, '[]')
        store.put(`estimates:${name}:ocr`, '{}')
      }
      const both = [run, 'other']
      const batches = both.map(name => results({ indexes: [0], run: name }))
      journal.append(
        entry(1),
        batches,
        both.map(name => history({ indexes: [0], run: name })),
      )
      store.removeRuns([run])
      expect(store.run(run)).toBeUndefined()
      for (const _slice of store.freeRemoved());
      expect(store.removedRuns()).toEqual([])
      const left = (name: string) => [
        store.run(name)?.name,
        store.counts(name, 'ocr').done,
        [...store.history(name)].length,
        [...store.logs(name)].length,
        store.spooled(name, 0, 9).length,
        store.get(`written:${name}`),
        store.get(`estimates:${name}:ocr`),
      ]
      expect(left(run)).toEqual([undefined, 0, 0, 0, 0, undefined, '{}'])
      expect(left('other')).toEqual(['other', 1, 1, 1, 1, '[]', '{}'])
      journal.append(entry(2), [results({ indexes: [0] })], [])
      expect(store.counts(run, 'ocr').done).toBe(1)
    })
  })
}

function answer(index: number) {
  return { index, key: `key-${index}`, version: 'v1', state: 'done', payload: `{"page":${index}}` }
}

function counts(over: Partial<Record<string, number>>) {
  return { done: 0, stopped: 0, failed: 0, skipped: 0, cancelled: 0, ...over }
}

function line(index: number, text: string) {
  return {
    run,
    stage: 'ocr',
    index,
    attempt: 3,
    at: 1_760_000_000_000_000,
    stream: 'log',
    text,
  } as const
}

function record(name: string, createdAt: number): RunRecord {
  return {
    ...{ name, job: 'ocr-archive', state: 'active', createdAt, endedAt: undefined },
    ...{ definition: '{}', inputFingerprint: undefined, stageFingerprints: { ocr: 'f1' } },
    previous: undefined,
  }
}
