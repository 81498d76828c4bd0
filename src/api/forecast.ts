import { endedCount } from '../core/items.ts'
import type { Machine, Run, Stage, State } from '../core/state.ts'
import { WAITING } from '../core/tasks.ts'
import { expectedMicros } from '../core/times.ts'
import { spreadOf } from '../policy/estimation/spread.ts'
import { lanesFor } from './lanes-left.ts'
import { handoverOf, spreadIn } from './luck.ts'
import { playLeft } from './play-left.ts'
import { chainOf, remainingOf, runningItems } from './remaining.ts'

/** Micros from now; between `low` and `high` it ends eight times in ten. */
export type Forecast = {
  readonly low: number
  readonly expected: number
  readonly high: number
  /** Of stages that gather what has never run, it all or a level of its tree: its time is not known and not counted. */
  readonly without?: readonly string[]
}

/** Time a run has left, by what was learnt of its stages; `undefined` while that says too little. */
export function timeLeft(state: State, run: Run, now = state.now): Forecast | undefined {
  const phases = remainingOf(state, run)
  if (phases === undefined) return undefined
  const played = playLeft(state, phases, now)
  if (played === undefined) return undefined
  const least = waitsUntil(state, run) - now
  const at = (q: number) => Math.max(least, quantile(played, q))
  const without = phases.flatMap(({ stages }) => stages).filter(isYetToBeMeasured)
  const ends = { low: at(LOW), expected: at(0.5), high: at(HIGH) }
  if (without.length === 0) return ends
  return { ...ends, without: [...new Set(without.map(({ definition }) => definition.name))] }
}

/** With items left, or none known yet, and no measured time. */
const isYetToBeMeasured = ({ pooled, definition, complete, known, items }: Stage): boolean =>
  pooled.n === 0 && definition.link.kind !== 'graph' && !(complete && endedCount(items) === known)

/** The last instant at which something of the run may start that must wait for it. */
function waitsUntil(state: State, { number }: Run): number {
  const { tasks, stages } = state
  let latest = 0
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.state[task] !== WAITING || stages[tasks.stage[task]].run !== number) continue
    latest = Math.max(latest, tasks.readyAt[task])
  }
  return latest
}

/** The middle 80 % is what a range says. */
const [LOW, HIGH] = [0.1, 0.9]

function quantile(sorted: Float64Array, q: number): number {
  const place = Math.min(sorted.length - 1, Math.max(0, q * (sorted.length + 1) - 1))
  const at = Math.floor(place)
  const next = Math.min(sorted.length - 1, at + 1)
  return sorted[at] + (place - at) * (sorted[next] - sorted[at])
}

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
  const calm = Math.sqrt(count[task])
  const between = spreadOf([stage.handover])
  const handover = (q: number) => handoverOf(stage) * between.at(q)
  const own = Math.max(0, ran - handover(0.5))
  const done = 1 + (own / expected - 1) * calm
  const took = (q: number) => expected * (1 + (spread.beyond(done, q) - 1) / calm) + handover(q)
  const at = (q: number) => Math.max(0, took(q) - ran)
  return { low: at(LOW), expected: at(0.5), high: at(HIGH) }
}

/**
 * Micros until an item starts that has so many of its stage before it: they, what follows them item
 * by item (downstream goes first), and what runs now, shared by all slots. `undefined` while some
 * time is not known.
 */
export function startAfter(
  state: State,
  stage: Stage,
  ahead: number,
  now = state.now,
): Forecast | undefined {
  const chain = chainOf(state, stage)
  const running = chain.map(each => runningItems(state, each))
  let [work, variance, items, before] = [0, 0, 0, 0]
  for (const each of chain) work += runningWork(state, each, now)
  for (const [at, each] of chain.entries()) {
    const open = each.known - endedCount(each.items)
    const waiting = at === 0 ? ahead : Math.max(0, open - before - running[at])
    before = open
    items += waiting
    const micros = microsPerItem(each)
    if (micros === undefined) return undefined
    const { variation, echo } = spreadIn(each)
    const count = Math.max(1, items + running[at] / 2)
    const error = echo / Math.max(1, each.pooled.n) + echo / count
    variance += (count * micros * variation) ** 2 * Math.min(2, error)
    work += items * micros
  }
  const speed = laneSpeed(state, stage, now)
  if (speed === 0) return undefined
  const strays = work === 0 ? 0 : Math.sqrt(Math.log(1 + variance / (work * work)))
  const at = (deviations: number) => (work / speed) * Math.exp(strays * deviations)
  return { low: at(-TENTH), expected: at(0), high: at(TENTH) }
}

/** The same for a task in one machine's queue, behind these. */
export function startOn(
  state: State,
  stage: Stage,
  machine: Machine,
  before: readonly number[],
  now: number,
): Forecast {
  const { predicted } = state.tasks
  const busy = machine.slots.filter(({ running }) => running.length > 0)
  let work = before.reduce((sum, task) => sum + predicted[task], 0)
  work += busy.reduce((sum, { freeAt }) => sum + Math.max(0, freeAt - now), 0)
  const { variation, echo } = spreadIn(stage)
  const count = Math.max(1, before.length + busy.length / 2)
  const error = Math.min(2, echo / Math.max(1, stage.pooled.n) + echo / count)
  const strays = Math.sqrt(Math.log(1 + variation * variation * error))
  const wait = work / Math.max(1, machine.slots.length)
  const at = (deviations: number) => wait * Math.exp(strays * deviations)
  return { low: at(-TENTH), expected: at(0), high: at(TENTH) }
}

/** What is expected to be left of what runs, at speed 1. */
function runningWork(state: State, stage: Stage, now: number): number {
  let work = 0
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      const [head] = slot.running
      if (slot.stage !== stage.number || head === undefined) continue
      const ran = slot.loading ? 0 : Math.max(0, now - slot.headSince)
      const left = leftOf(state, stage, machine, head, ran)
      work += (left?.expected ?? 0) * machine.definition.speed
    }
  }
  return work
}

/** A tenth of a normal distribution lies beyond so many deviations. */
const TENTH = 1.2816

/** Mean time of an item at speed 1, and what passes between two; `undefined` while none was measured. */
function microsPerItem(stage: Stage): number | undefined {
  const { pooled, definition } = stage
  if (pooled.n > 0) return pooled.time / pooled.n + handoverOf(stage)
  // A gathering stage runs once, at the end: not knowing it yet must not hide the rest.
  return definition.link.kind === 'gather' || definition.link.kind === 'tree' ? 0 : undefined
}

/** Tasks of the stage that can run side by side, each with its machine's speed. */
function laneSpeed(state: State, stage: Stage, now: number): number {
  const phase = { stages: [stage], stints: [[{ stage, items: 1, size: 1 }]], bulk: [] }
  const lanes = lanesFor(state, [phase], now)
  return lanes.reduce((sum, { machine }) => sum + state.machines[machine].definition.speed, 0)
}

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
      const { first, size, count } = state.tasks
      const expected = expectedMicros(stage, machine, first[head], size[head], count[head])
      if (ran > 2 * longest * expected) slow.push(head)
    }
  }
  return slow
}
