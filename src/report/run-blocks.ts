import { cutInMiddle, inOneLine } from '../std/columns.ts'
import type { HistoryBatch } from '../port/journal.ts'
import { atWorkSince, type Rest } from './rests.ts'
import type { Block, BlockState, Lane } from './lanes.ts'

/** What a run's history comes to on a chart: a lane per machine slot, seconds at work since the first start. */
export type RunChart = {
  readonly lanes: readonly Lane[]
  readonly slots: number
  /** Where the time axis leaves out that the run lay still, and for how long; in seconds. */
  readonly rests: readonly { readonly at: number; readonly seconds: number }[]
  readonly seconds: number
  /** Of those, before the first attempt began: its slot was started and loaded what it needs. */
  readonly loading: number
  readonly attempts: number
  readonly retried: number
  readonly failed: number
  readonly running: number
}

/** What runs while the picture is drawn; micros since the epoch. */
type Running = {
  readonly machine: string
  readonly slot: number
  readonly stage: string
  readonly index: number
  readonly since: number
}

/** What is not over yet, of a run at work. */
type Live = {
  /** Micros since the epoch. */
  readonly now: number
  /** When the first attempt was sent to its slot, which then loaded; the axis begins there. */
  readonly begun?: number
  readonly tasks: readonly Running[]
  readonly rests?: readonly Rest[]
  /** Whether the item has not failed for good: it may be tried again, or would be if the run went on. */
  readonly isOpen: (stage: string, index: number) => boolean
  /** An item's key, where it is known and worth looking up. */
  readonly keyOf?: (stage: string, index: number) => string | undefined
}

/**
 * An attempt that did not end well is a retry where another followed it or will, and failed where
 * none did. What runs grows to `now`.
 */
export function chartOfHistory(
  history: Iterable<HistoryBatch>,
  live: Live = { now: 0, tasks: [], isOpen: () => false },
): RunChart {
  const ended = [...history].flatMap(batch => [...attemptsOf(batch)])
  const attempts = [...ended, ...live.tasks.map(task => runningAttempt(task, live.now))]
  const isNamed = live.keyOf !== undefined && attempts.length <= mostNamed
  const started = attempts.reduce((least, { start }) => Math.min(least, start), Infinity)
  const first = live.begun ? Math.min(live.begun, started) : started
  const last = attempts.reduce((most, { end }) => Math.max(most, end), 0)
  const rests = (live.rests ?? []).filter(({ from, to }) => from >= first && to <= last)
  const workAt = atWorkSince(first, rests)
  const seconds = attempts.length === 0 ? 0 : workAt(last) / 1e6
  const latest = new Map<string, number>()
  for (const { item, start } of attempts) {
    latest.set(item, Math.max(latest.get(item) ?? start, start))
  }
  const bySlot = new Map<string, { machine: string; slot: number; blocks: Block[] }>()
  let [retried, failed] = [0, 0]
  for (const attempt of attempts) {
    const { machine, slot, start, end } = attempt
    const label = labelOf(attempt, isNamed ? live.keyOf : undefined)
    const isLast = latest.get(attempt.item) === start
    const state = stateOf(attempt, isLast, live.isOpen)
    if (state === 'failed' && !isCancelled(attempt)) failed += 1
    if (state === 'retry') retried += 1
    const key = `${machine}\u0000${slot}`
    const lane = bySlot.get(key) ?? { machine, slot, blocks: [] }
    const detail = detailOf(state, attempt.outcome)
    const times = { start: workAt(start) / 1e6, end: workAt(end) / 1e6 }
    lane.blocks.push({ ...times, label, state, detail })
    bySlot.set(key, lane)
  }
  const slots = [...bySlot.values()].sort((a, b) => byName(a.machine, b.machine) || a.slot - b.slot)
  return {
    slots: slots.length,
    // A slot runs one at a time; history tells short ones of a message together, with others between.
    lanes: slots.map(({ machine, slot, blocks }) => ({
      label: `${machine} · ${slot}`,
      blocks: blocks.toSorted((a, b) => a.start - b.start || a.end - b.end),
    })),
    rests: rests.map(({ from, to }) => ({ at: workAt(from) / 1e6, seconds: (to - from) / 1e6 })),
    seconds,
    loading: attempts.length === 0 ? 0 : workAt(started) / 1e6,
    running: live.tasks.length,
    attempts: ended.reduce((sum, { count }) => sum + count, 0),
    retried,
    failed,
  }
}

/** `box2` before `box10`; the same on every machine, unlike `localeCompare`. */
function byName(one: string, other: string): number {
  const [a, b] = [one, other].map(name => name.split(/(\d{1,15})/))
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    if (a[at] === b[at]) continue
    const far = at % 2 === 1 ? Number(a[at]) - Number(b[at]) : 0
    return far || (a[at] < b[at] ? -1 : 1)
  }
  return a.length - b.length
}

/** Beyond so many attempts blocks have no room for a name, and looking each up takes long. */
const mostNamed = 20_000

function labelOf(
  { stage, index, count }: { stage: string; index: number; count: number },
  keyOf: Live['keyOf'],
): string {
  const name = (at: number): string => {
    const key = keyOf?.(stage, at)
    return key === undefined ? String(at) : cutInMiddle(inOneLine(key), mostColumns).join('')
  }
  const items = count > 1 ? `${name(index)}…${name(index + count - 1)}` : name(index)
  return `${items} ${stage}`
}

const mostColumns = 60

function stateOf(
  { outcome, stage, index }: { outcome: string; stage: string; index: number },
  isLast: boolean,
  isOpen: Live['isOpen'],
): BlockState {
  if (outcome === 'done' || outcome === 'running') return outcome
  if (!isLast) return 'retry'
  return isOpen(stage, index) && !isCancelled({ outcome }) ? 'retry' : 'failed'
}

const isCancelled = ({ outcome }: { readonly outcome: string }): boolean => outcome === 'cancelled'

/** The kind of the failure, and what followed. */
function detailOf(state: BlockState, outcome: string): string | undefined {
  if (state === 'retry') return `${outcome}, tried again`
  if (isCancelled({ outcome })) return outcome
  return state === 'failed' ? `${outcome}, failed for good` : undefined
}

function runningAttempt({ machine, slot, stage, index, since }: Running, now: number) {
  const item = `${stage}\u0000${index}`
  const end = Math.max(now, since)
  const at = { item, stage, index, machine, slot, start: since, end }
  return { ...at, outcome: 'running', count: 1 }
}

function* attemptsOf(batch: HistoryBatch) {
  for (let at = 0; at < batch.attempts.length; at += 1) {
    const index = batch.indexes[at]
    const count = batch.counts[at]
    yield {
      item: `${batch.stage}\u0000${index}`,
      stage: batch.stage,
      index,
      machine: batch.machines[at],
      slot: batch.slots[at],
      start: batch.starts[at],
      end: batch.ends[at],
      outcome: batch.outcomes[at],
      count,
    }
  }
}
