import type { HistoryBatch } from '../port/journal.ts'
import { type Block, type Lane, lanesOf } from './lanes.ts'

/** What a run's history comes to on a chart: a lane per machine slot, seconds since the first start. */
export type RunChart = {
  readonly lanes: readonly Lane[]
  readonly seconds: number
  readonly attempts: number
  readonly retried: number
  readonly failed: number
}

/** An attempt that did not end well is a retry where another followed it, and failed where none did. */
export function chartOfHistory(history: Iterable<HistoryBatch>): RunChart {
  const attempts = [...history].flatMap(batch => [...attemptsOf(batch)])
  const first = attempts.reduce((least, { start }) => Math.min(least, start), Infinity)
  const last = attempts.reduce((most, { end }) => Math.max(most, end), 0)
  const latest = new Map<string, number>()
  for (const { item, start } of attempts) {
    latest.set(item, Math.max(latest.get(item) ?? start, start))
  }
  const bySlot = new Map<string, { machine: string; slot: number; blocks: Block[] }>()
  let [retried, failed] = [0, 0]
  for (const attempt of attempts) {
    const { machine, slot, start, end, label } = attempt
    const isLast = latest.get(attempt.item) === start
    const state = attempt.outcome === 'done' ? 'done' : isLast ? 'failed' : 'retry'
    if (state === 'failed') failed += 1
    if (state === 'retry') retried += 1
    const key = `${machine}\u0000${slot}`
    const lane = bySlot.get(key) ?? { machine, slot, blocks: [] }
    lane.blocks.push({ start: (start - first) / 1e6, end: (end - first) / 1e6, label, state })
    bySlot.set(key, lane)
  }
  const slots = [...bySlot.values()].sort(
    (a, b) => (a.machine < b.machine ? -1 : a.machine > b.machine ? 1 : 0) || a.slot - b.slot,
  )
  return {
    lanes: slots.flatMap(({ machine, slot, blocks }) => lanesOf(`${machine} · ${slot}`, blocks)),
    seconds: attempts.length === 0 ? 0 : (last - first) / 1e6,
    attempts: attempts.reduce((sum, { count }) => sum + count, 0),
    retried,
    failed,
  }
}

function* attemptsOf(batch: HistoryBatch) {
  for (let at = 0; at < batch.attempts.length; at += 1) {
    const index = batch.indexes[at]
    const count = batch.counts[at]
    yield {
      item: `${batch.stage}\u0000${index}`,
      machine: batch.machines[at],
      slot: batch.slots[at],
      start: batch.starts[at],
      end: batch.ends[at],
      outcome: batch.outcomes[at],
      count,
      label: count > 1 ? `${index}…${index + count - 1} ${batch.stage}` : `${index} ${batch.stage}`,
    }
  }
}
