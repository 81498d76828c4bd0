import type { Machine, Run, Stage, State } from '../core/state.ts'
import { expectedMicros } from '../core/times.ts'
import type { Spread } from '../policy/estimation/spread.ts'
import { spreadIn } from './luck.ts'
import { playLeft } from './play-left.ts'
import { remainingOf } from './remaining.ts'

/** Micros from now; between `low` and `high` it ends eight times in ten. */
export type Forecast = { readonly low: number; readonly expected: number; readonly high: number }

/** Time a run has left, by what was learnt of its stages; `undefined` while that says too little. */
export function timeLeft(state: State, run: Run, now = state.now): Forecast | undefined {
  const phases = remainingOf(state, run)
  if (phases === undefined) return undefined
  const ends = playLeft(state, phases, now)
  if (ends === undefined) return undefined
  return { low: quantile(ends, LOW), expected: quantile(ends, 0.5), high: quantile(ends, HIGH) }
}

/** The middle 80 % is what a range says. */
const [LOW, HIGH] = [0.1, 0.9]

function quantile(sorted: Float64Array, q: number): number {
  const place = Math.min(sorted.length - 1, Math.max(0, q * (sorted.length + 1) - 1))
  const at = Math.floor(place)
  const next = Math.min(sorted.length - 1, at + 1)
  return sorted[at] + (place - at) * (sorted[next] - sorted[at])
}

/** How long a task will take there, loading excluded; `undefined` while nothing is known. */
export function durationOf(
  state: State,
  stage: Stage,
  machine: Machine,
  task: number,
): Forecast | undefined {
  const { first, size, count } = state.tasks
  const expected = expectedMicros(stage, machine, first[task], size[task], count[task])
  if (Number.isNaN(expected)) return undefined
  const spread = spreadIn(stage)
  const at = (q: number) => expected * ratioAt(spread, count[task], q)
  return { low: at(LOW), expected, high: at(HIGH) }
}

/** A task of several items strays less: their errors cancel by the root of their number. */
const ratioAt = (spread: Spread, items: number, q: number): number =>
  1 + (spread.at(q) - 1) / Math.sqrt(items)

/** Micros from now until a running task ends, given that it has run for `ran`. */
export function leftOf(
  state: State,
  stage: Stage,
  machine: Machine,
  task: number,
  ran: number,
): Forecast | undefined {
  const { first, size, count } = state.tasks
  const expected = expectedMicros(stage, machine, first[task], size[task], count[task])
  if (Number.isNaN(expected) || expected <= 0) return undefined
  const spread = spreadIn(stage)
  const past = spread.below(ran / expected)
  const at = (q: number) =>
    Math.max(0, expected * ratioAt(spread, count[task], past + (1 - past) * q) - ran)
  return { low: at(LOW), expected: at(0.5), high: at(HIGH) }
}

/** Mean time of an item at speed 1; `undefined` while none was measured. */
export function microsPerItem(_state: State, stage: Stage): number | undefined {
  const { pooled, definition } = stage
  if (pooled.n > 0) return pooled.time / pooled.n
  // A gathering stage runs once, at the end: not knowing it yet must not hide the rest.
  return definition.link.kind === 'gather' || definition.link.kind === 'tree' ? 0 : undefined
}

/** Slots of all living machines, weighted by speed. */
export function speedOf(state: State): number {
  return state.machines.reduce(
    (sum, machine) => sum + (machine.alive ? machine.slots.length * machine.definition.speed : 0),
    0,
  )
}

/** Tasks running longer than nine of ten such tasks do, twice over. */
export function slowTasks(state: State, stage: Stage, now: number): number[] {
  const slow: number[] = []
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      if (slot.stage !== stage.number) continue
      const head = slot.running[0]
      if (head !== undefined && isSlow(state, stage, machine, head, now - slot.headSince))
        slow.push(head)
    }
  }
  return slow
}

function isSlow(state: State, stage: Stage, machine: Machine, task: number, ran: number): boolean {
  if (stage.pooled.n < 5 || ran <= 1_000_000) return false
  const usual = durationOf(state, stage, machine, task)
  return usual !== undefined && ran > 2 * Math.max(usual.expected, usual.high)
}
