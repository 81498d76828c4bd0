import { endedCount } from '../../core/items.ts'
import type { Machine } from '../../core/machine.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { expectedMicros } from '../../core/times.ts'
import { inHindsight } from '../../policy/estimation/hindsight.ts'
import { spreadOf } from '../../policy/estimation/spread.ts'
import { driftIn, handoverOf, spreadIn } from './luck.ts'
import { playLeft } from './play-left.ts'
import { progressOf } from './progress.ts'
import { aheadOf, remainingOf, timedLike } from './remaining.ts'

/** Micros from now; between `low` and `high` it ends eight times in ten. */
export type Forecast = {
  readonly low: number
  readonly expected: number
  readonly high: number
  /** Names of gathering stages that have never run: their time is unknown and not counted. */
  readonly without?: readonly string[]
}

/** Time a run has left, by what was learnt of its stages; `undefined` while that says too little. */
export function timeLeft(state: State, run: Run, now = state.now): Forecast | undefined {
  const left = playedLeft(state, run, now)
  return left && inHindsight(run.hindsight, progressOf(state, run), left)
}

/** The same as it is played out, whatever came of such forecasts in earlier runs. */
export function playedLeft(state: State, run: Run, now = state.now): Forecast | undefined {
  const phases = remainingOf(state, run)
  if (phases === undefined) return undefined
  const played = playLeft(state, phases, now)
  if (played === undefined) return undefined
  const ends = rangeOf(played.ends)
  const without = phases
    .flatMap(({ stages }) => stages)
    .filter(stage => isLeft(stage) && timedLike(state, stage).pooled.n === 0)
  if (without.length === 0) return ends
  return { ...ends, without: [...new Set(without.map(({ definition }) => definition.name))] }
}

/** With items left that take time that is learnt, or none known yet. */
const isLeft = ({ definition, complete, known, items }: Stage): boolean =>
  definition.link.kind !== 'graph' && !(complete && endedCount(items) === known)

/** The middle 80 % is what a range says. */
const [LOW, HIGH] = [0.1, 0.9]

function quantile(sorted: Float64Array, q: number): number {
  const place = Math.min(sorted.length - 1, Math.max(0, q * (sorted.length + 1) - 1))
  const at = Math.floor(place)
  const next = Math.min(sorted.length - 1, at + 1)
  return sorted[at] + (place - at) * (sorted[next] - sorted[at])
}

/** Items of one stage that a slot has yet to answer, one after another; `size` is of all together. */
type Unanswered = { readonly first: number; readonly items: number; readonly size: number }

/** What a slot has yet to answer of a task. */
export function unansweredOf(
  { tasks: { first, size, count, left } }: State,
  task: number,
): Unanswered {
  const items = left[task]
  return { first: first[task], items, size: (size[task] / count[task]) * items }
}

/** Micros from now until they are answered, given that the slot has been at it for `ran` since its last answer. */
export function leftOf(
  stage: Stage,
  machine: Machine,
  { first, items, size }: Unanswered,
  ran: number,
): Forecast | undefined {
  const usual = expectedMicros(stage, machine, first, size, items)
  if (Number.isNaN(usual) || usual <= 0) return undefined
  const spread = spreadIn(stage)
  const expected = usual * driftIn(stage, machine, spread, 1)
  const calm = Math.sqrt(items)
  const between = spreadOf([stage.handover])
  const handover = (q: number) => items * handoverOf(stage) * (1 + (between.at(q) - 1) / calm)
  const own = Math.max(0, ran - handover(0.5))
  const done = 1 + (own / expected - 1) * calm
  const takes = (q: number) => expected * (1 + (spread.beyond(done, q) - 1) / calm)
  const [middle, passes] = [takes(0.5), handover(0.5)]
  // The two vary independently, so they are not both long at once.
  const strays = (q: number) => Math.hypot(takes(q) - middle, handover(q) - passes)
  const left = (by: number) => Math.max(0, middle + passes + by - ran)
  return { low: left(-strays(LOW)), expected: left(0), high: left(strays(HIGH)) }
}

/**
 * Micros until an item starts that has so many of its stage before it, in chunks: they, what follows them item
 * by item (downstream goes first), and what runs now, shared by all slots. `undefined` while some
 * time is not known.
 */
export function startAfter(
  state: State,
  stage: Stage,
  ahead: number,
  now = state.now,
  chunk = 1,
): Forecast | undefined {
  const played = playLeft(state, [aheadOf(state, stage, ahead, chunk)], now)
  return played === undefined ? undefined : rangeOf(played.frees)
}

/** The same for a task in one machine's queue, behind these. */
export function startOn(
  state: State,
  stage: Stage,
  machine: Machine,
  before: readonly number[],
  now: number,
): Forecast | undefined {
  const { size, count } = state.tasks
  const stints = before.map(task => [{ stage, items: count[task], size: size[task] }])
  const played = playLeft(state, [{ stages: [stage], stints, bulk: [], held: [] }], now, machine)
  return played === undefined ? undefined : rangeOf(played.frees)
}

const rangeOf = (sorted: Float64Array): Forecast => ({
  low: quantile(sorted, LOW),
  expected: quantile(sorted, 0.5),
  high: quantile(sorted, HIGH),
})

/** Tasks running longer than nine of ten such tasks do, twice over. */
export function slowTasks(state: State, stage: Stage, now: number): number[] {
  const slow: number[] = []
  if (stage.pooled.n < 5) return slow
  let longest: number | undefined
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      const head = slot.running[0]
      const ran = now - slot.headSince
      if (slot.stage !== stage.number || head === undefined || slot.loading || ran <= 1_000_000)
        continue
      longest ??= Math.max(1, spreadIn(stage).at(HIGH))
      const { first, items, size } = unansweredOf(state, head)
      const expected = expectedMicros(stage, machine, first, size, items)
      if (ran > 2 * longest * expected) slow.push(head)
    }
  }
  return slow
}
