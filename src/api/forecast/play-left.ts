import type { Machine } from '../../core/machine.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { expectedMicros } from '../../core/times.ts'
import type { Spread } from '../../policy/estimation/spread.ts'
import { type Prng, prng } from '../../std/prng.ts'
import { type Lane, lanesFor } from './lanes-left.ts'
import { againIn, driftIn, type LuckOf, luckyStages, ratioOf, spreadIn } from './luck.ts'
import type { Phase, Piece } from './remaining.ts'

type Played = {
  /** When the last of it ends. */
  readonly ends: Float64Array
  /** When a slot is free for what comes after it. */
  readonly frees: Float64Array
}

/**
 * Plays the rest of a run, or what is before an item, through many times, each time with other
 * durations: predicted ones, times how wrong single predictions were, times an error that all tasks of
 * a stage share because their mean is itself estimated (of n, an n-th of the variance). Slots take the
 * next item when they are free, so the idle slots at the end are part of what is foretold. Answers the
 * micros from now, ascending; `undefined` while some time is not known at all, or all machines are short of memory.
 */
export function playLeft(
  state: State,
  phases: readonly Phase[],
  now: number,
  machine?: Machine,
): Played | undefined {
  const all = lanesFor(state, phases, now)
  const lanes = machine === undefined ? all : all.filter(lane => lane.machine === machine.number)
  const timed = phases.map(phase => timedPhase(state, phase, now))
  // Nothing starts there, and nobody knows for how long.
  const isHeld = lanes.every(lane => state.machines[lane.machine].pressure)
  if (isHeld || timed.some(({ known }) => !known)) return undefined
  const steps = timed.reduce((sum, { stints }) => sum + stints.length + 1, 0) * lanes.length
  const draws = Math.round(Math.min(MOST_DRAWS, Math.max(LEAST_DRAWS, STEPS / steps)))
  const random = prng(1)
  const drawLuck = luckyStages(random)
  const [ends, frees] = [new Float64Array(draws), new Float64Array(draws)]
  for (let draw = 0; draw < draws; draw += 1) {
    const { end, free } = playOnce(timed, lanes, random, drawLuck())
    ends[draw] = end
    frees[draw] = free.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
  }
  return { ends: ends.sort(), frees: frees.sort() }
}

const MOST_DRAWS = 100
const LEAST_DRAWS = 20
/** Choices of a lane in all: some milliseconds. */
const STEPS = 200_000

type TimedPiece = {
  readonly stage: Stage
  readonly items: number
  readonly spread: Spread
  /** By machine number. */
  readonly micros: Float64Array
}

/** `from`: micros from now until it may start. */
type TimedStint = { readonly pieces: readonly TimedPiece[]; readonly from: number }

type TimedPhase = {
  readonly stages: readonly Stage[]
  readonly stints: readonly TimedStint[]
  readonly bulk: readonly TimedPiece[]
  /** Those with work left: a slot that has not loaded them does so first. */
  readonly used: readonly Stage[]
  readonly known: boolean
}

function timedPhase(state: State, { stages, stints, bulk, held }: Phase, now: number): TimedPhase {
  const spreads = new Map(stages.map(stage => [stage, spreadIn(stage)]))
  const factors = new Map(stages.map(stage => [stage, factorsIn(state, stage)]))
  let known = true
  const timed = ({ stage, items, size }: Piece): TimedPiece => {
    const micros = Float64Array.from(state.machines, machine => {
      const expected = expectedMicros(stage, machine, 0, size, items)
      if (!Number.isNaN(expected)) return expected * (factors.get(stage)?.[machine.number] ?? 1)
      // A gathering stage runs once, at the end: not knowing it yet must not hide the rest.
      const { kind } = stage.definition.link
      known &&= kind === 'gather' || kind === 'tree'
      return 0
    })
    return { stage, items, micros, spread: spreads.get(stage) ?? spreadIn(stage) }
  }
  // A slot takes what it can before it waits for what is held back.
  const timedStints = [
    ...stints.map((stint): TimedStint => ({ pieces: stint.map(timed), from: 0 })),
    ...held.map(
      ({ stint, readyAt }): TimedStint => ({
        pieces: stint.map(timed),
        from: Math.max(0, readyAt - now),
      }),
    ),
  ]
  const timedBulk = bulk.map(timed)
  const used = [
    ...new Set(
      [...timedStints.flatMap(({ pieces }) => pieces), ...timedBulk].map(({ stage }) => stage),
    ),
  ]
  return { stages, stints: timedStints, bulk: timedBulk, used, known }
}

/** By machine number: what predicted times are multiplied by, for attempts that fail and for how the last times strayed. */
function factorsIn(state: State, stage: Stage): number[] {
  const [again, spread] = [againIn(state, stage), spreadIn(stage)]
  return state.machines.map(machine => again * driftIn(stage, machine, spread))
}

function playOnce(
  phases: readonly TimedPhase[],
  lanes: readonly Lane[],
  random: Prng,
  luckOf: LuckOf,
): { readonly end: number; readonly free: Float64Array } {
  const free = Float64Array.from(lanes, lane => lane.free(random, luckOf))
  let end = lanes.reduce((latest, { busy }, at) => (busy ? Math.max(latest, free[at]) : latest), 0)
  phases.forEach((phase, nth) => {
    if (nth > 0) free.fill(end)
    loadStages(phase, lanes, free)
    if (phase.bulk.length > 0) end = Math.max(end, pour(phase.bulk, lanes, free, random, luckOf))
    for (const stint of phase.stints) {
      const at = earliest(stint, lanes, free)
      free[at] = Math.max(free[at], stint.from)
      for (const { stage, items, spread, micros } of stint.pieces) {
        const { factor, handover } = luckOf(stage, spread)
        const ratio = ratioOf(spread, items, random) * factor
        free[at] += micros[lanes[at].machine] * ratio + items * handover
      }
      end = Math.max(end, free[at])
    }
  })
  return { end, free }
}

function loadStages({ used }: TimedPhase, lanes: readonly Lane[], free: Float64Array) {
  lanes.forEach(({ lacks }, at) => {
    for (const stage of used) {
      const { n, micros } = stage.setup
      if (n > 0 && lacks(stage)) free[at] += micros / n
    }
  })
}

/** All lanes work on the bulk until the same instant: each as much of it as its speed makes. */
function pour(
  bulk: readonly TimedPiece[],
  lanes: readonly Lane[],
  free: Float64Array,
  random: Prng,
  luckOf: LuckOf,
): number {
  const alone = new Float64Array(lanes.length)
  for (const { stage, items, spread, micros } of bulk) {
    const { factor, handover } = luckOf(stage, spread)
    const ratio = ratioOf(spread, items, random) * factor
    lanes.forEach(({ machine }, at) => {
      alone[at] += micros[machine] * ratio + items * handover
    })
  }
  let level = Number.POSITIVE_INFINITY
  for (let changed = true; changed; ) {
    let [speed, head] = [0, 1]
    for (let at = 0; at < free.length; at += 1) {
      if (free[at] >= level) continue
      speed += 1 / Math.max(1, alone[at])
      head += free[at] / Math.max(1, alone[at])
    }
    const next = head / speed
    changed = next < level - 1
    level = next
  }
  for (let at = 0; at < free.length; at += 1) free[at] = Math.max(free[at], level)
  return level
}

/** The lane that would end it first, by what is expected. */
function earliest({ pieces, from }: TimedStint, lanes: readonly Lane[], free: Float64Array) {
  let [best, least] = [0, Number.POSITIVE_INFINITY]
  for (let at = 0; at < lanes.length; at += 1) {
    let ends = Math.max(free[at], from)
    for (let nth = 0; nth < pieces.length; nth += 1) ends += pieces[nth].micros[lanes[at].machine]
    if (ends < least) {
      best = at
      least = ends
    }
  }
  return best
}
