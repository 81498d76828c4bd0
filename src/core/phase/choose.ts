import { lineOf } from '../../policy/estimation/least-squares.ts'
import { chanceAt } from '../../std/chance.ts'
import { eligibleFor, mendColumns, type Offers } from '../columns.ts'
import { isGivenUpOn } from '../given-up.ts'
import { limits } from '../limits.ts'
import { getsTo, sideBySide } from '../line.ts'
import { look } from './look.ts'
import { spare } from './stay.ts'
import type { Run } from '../run.ts'
import type { Stage } from '../stage.ts'
import type { Class, State } from '../state.ts'
import { dataReadyAt, expectedMicros, fits, setupMicros } from '../times.ts'

/** Asks the run's strategy for a machine; -1: none can take the task. */
export function choose(
  state: State,
  run: Run,
  klass: Class,
  task: number,
  binds: 'early' | 'late',
): number {
  const stage = state.stages[klass.stage]
  const { view } = state.scratch
  view.count = state.machines.length
  view.now = state.now
  const offers = binds === 'early' ? offerAll(state, klass) : offerRoom(state, klass)
  // The common case: with work always waiting, machines become free one by one.
  if (offers.count === 1 && run.allocation.mayWait !== true)
    return onlyOffer(state, stage, offers, task)
  fillStarts(state, offers)
  if (state.scratch.columns.uncounted) fillUncounted(state, klass, offers, binds)
  if (stage.graph === undefined) fillLearnt(state, stage, offers, task)
  else fillGiven(state, stage, offers, task)
  if (run.allocation.looksAt !== undefined)
    look(state, run.allocation.looksAt, { klass, offers, task })
  view.chance = chanceAt(run.definition.seed, state.placements)
  view.turn = state.placements
  view.planned = stage.plan?.machine.get(state.tasks.first[task]) ?? -1
  return run.allocation.choose(view)
}

/** There is no choice: it takes the task, or nobody can. */
function onlyOffer(state: State, stage: Stage, { machines }: Offers, task: number): number {
  const machine = state.machines[machines[0]]
  const { first, size, count } = state.tasks
  const micros = expectedMicros(stage, machine, first[task], size[task], count[task])
  return micros === Number.POSITIVE_INFINITY ? -1 : machine.number
}

/** Early binding: every machine that could ever run the class. */
function offerAll(state: State, klass: Class): Offers {
  mendColumns(state)
  const { flags, offers } = eligibleFor(state, klass)
  const { view } = state.scratch
  view.offered.set(flags)
  view.first = 0
  view.end = flags.length
  return offers
}

/** Late binding: the machines that could start it now. Few have room, so only those are looked at. */
function offerRoom(state: State, klass: Class): Offers {
  const { roomy, offers } = mendColumns(state)
  const { view } = state.scratch
  const { offered } = view
  const { machines } = state
  // A loop, because a call of `fill` costs more for the few machines in this range.
  for (let number = view.first; number < view.end; number += 1) offered[number] = 0
  offers.count = 0
  const stage = state.stages[klass.stage]
  const partly = stage.setup.lostOn.size > 0
  for (let at = 0; at < roomy.count; at += 1) {
    const number = roomy.machines[at]
    if (number === state.scratch.reserved) continue
    if (!fits(klass.needs, machines[number].free)) continue
    if (partly && isGivenUpOn(stage, number)) continue
    offered[number] = 1
    offers.machines[offers.count++] = number
  }
  spare(state, klass, offers)
  view.first = offers.count === 0 ? 0 : offers.machines[0]
  view.end = offers.count === 0 ? 0 : offers.machines[offers.count - 1] + 1
  return offers
}

/** When each would get to it. */
function fillStarts(state: State, { machines, count }: Offers): void {
  const { now } = state
  const { freeAt: starts } = state.scratch.view
  const { freeAt, wait } = state.scratch.columns
  for (let at = 0; at < count; at += 1) {
    const machine = machines[at]
    const free = freeAt[machine]
    starts[machine] = Math.max(free, now) + wait[machine]
  }
}

/** Of machines that run as many as fit: those offered late have room now. */
function fillUncounted(
  state: State,
  { needs }: Class,
  { machines, count }: Offers,
  binds: 'early' | 'late',
): void {
  const { view } = state.scratch
  for (let at = 0; at < count; at += 1) {
    const machine = state.machines[machines[at]]
    const { number, definition } = machine
    if (definition.slots !== undefined) continue
    const many = sideBySide(machine, needs)
    view.slots[number] = many < Number.POSITIVE_INFINITY ? many : 1
    if (binds === 'early') view.freeAt[number] = getsTo(state, machine, needs)
  }
}

/** A problem's own times; where data must travel, the start waits for it. */
function fillGiven(state: State, stage: Stage, { machines, count }: Offers, task: number): void {
  const { link } = stage.definition
  if (link.kind !== 'graph') return
  const { processing, offered, freeAt } = state.scratch.view
  const { problem, ticks } = link
  const { times, edges } = problem
  const item = state.tasks.first[task]
  const row = item * problem.machines.length
  for (let at = 0; at < count; at += 1) {
    const machine = machines[at]
    const micros = Math.round(times[row + machine] * ticks)
    processing[machine] = micros
    if (micros === Number.POSITIVE_INFINITY) offered[machine] = 0
  }
  if (edges.firstEdge[item] === edges.firstEdge[item + 1]) return
  for (let at = 0; at < count; at += 1) {
    const machine = machines[at]
    const ready = dataReadyAt(stage, machine, item)
    if (ready > freeAt[machine]) freeAt[machine] = ready
  }
}

/** Learnt times: of the machine, else of all scaled by speed; where nothing is known, a second per unit of size. */
function fillLearnt(state: State, stage: Stage, offers: Offers, task: number): void {
  const { view } = state.scratch
  const size = state.tasks.size[task]
  const count = state.tasks.count[task]
  const pooled = stage.pooled.n > 0 ? lineOf(stage.pooled) : { intercept: 0, slope: 1_000_000 }
  const anywhere = count * pooled.intercept + size * pooled.slope
  const setup = stage.definition.loads !== undefined && stage.setup.n > 0
  for (let at = 0; at < offers.count; at += 1) {
    const number = offers.machines[at]
    const machine = state.machines[number]
    const own = stage.estimates[number]
    let micros = anywhere / machine.definition.speed
    if (own !== undefined && own.n >= limits.samples) {
      const { intercept, slope } = lineOf(own)
      micros = count * intercept + size * slope
    }
    view.processing[number] = setup ? micros + setupMicros(state, stage, machine) : micros
  }
}
