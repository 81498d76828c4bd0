import type { HistoryBatch, ResultBatch } from '../../src/port/journal.ts'

export function results(over: Partial<ResultBatch> & Pick<ResultBatch, 'indexes'>): ResultBatch {
  const { indexes } = over
  return {
    run: 'calm-otter',
    stage: 'ocr',
    keys: indexes.map(index => `key-${index}`),
    versions: indexes.map(() => 'v1'),
    states: indexes.map(() => 'done'),
    payloads: indexes.map(index => `{"page":${index}}`),
    ...over,
  }
}

export function history(over: Partial<HistoryBatch> & Pick<HistoryBatch, 'indexes'>): HistoryBatch {
  const { indexes } = over
  return {
    run: 'calm-otter',
    stage: 'ocr',
    attempts: indexes.map(index => index + 100),
    counts: indexes.map(index => 1 + (index % 3)),
    machines: indexes.map(() => 'box'),
    slots: indexes.map(index => index % 2),
    starts: indexes.map(index => 1_760_000_000_000_000 + 1_000 * index),
    ends: indexes.map(index => 1_760_000_000_000_900 + 1_000 * index),
    cpuMicros: indexes.map(() => 850),
    peakBytes: indexes.map(() => 90_000_000),
    sizes: indexes.map(index => 0.5 + index),
    outcomes: indexes.map(() => 'done'),
    ...over,
  }
}

export const entry = (sequence: number, term = 1, body = `{"instant":${sequence}}`) => ({
  sequence,
  term,
  body,
})
