import type { MachinesView } from '../../policy/allocation/allocation.ts'
import { lineOf } from '../../policy/estimation/least-squares.ts'
import { chanceAt } from '../../std/chance.ts'
import { eligibleFor, mendColumns } from '../columns.ts'
import { limits } from '../limits.ts'
import type { Class, Run, Stage, State } from '../state.ts'
import { dataReadyAt, fits, setupMicros } from '../times.ts'

/** Asks the run's strategy for a machine; -1: none can take the task. */
export function choose(
  state: State,
  run: Run,
  klass: Class,
  task: number,
  binds: 'early' | 'late',
): number {
  const stage = state.stages[klass.stage]
  const view = binds === 'early' ? offerAll(state, klass) : offerRoom(state, klass)
  fillTimes(state, stage, view, task)
  view.chance = chanceAt(run.definition.seed, state.placements)
  view.turn = state.placements
  view.planned = stage.plan?.machine.get(state.tasks.first[task]) ?? -1
  return run.allocation.choose(view)
}

/** Early binding: every machine that could ever run the class. */
function offerAll(state: State, klass: Class): MachinesView {
  mendColumns(state)
  const { view } = state.scratch
  view.offered.set(eligibleFor(state, klass))
  return view
}

/** Late binding: the machines that could start it now. */
function offerRoom(state: State, klass: Class): MachinesView {
  const { room } = mendColumns(state)
  const { view } = state.scratch
  const { machines } = state
  for (let number = 0; number < machines.length; number += 1) {
    view.offered[number] = room[number] === 1 && fits(klass.needs, machines[number].free) ? 1 : 0
  }
  return view
}

/** Processing times and earliest starts of the machines on offer. */
function fillTimes(state: State, stage: Stage, view: MachinesView, task: number): void {
  const { now } = state
  const { freeAt, wait } = state.scratch.columns
  const count = state.machines.length
  view.count = count
  view.now = now
  for (let machine = 0; machine < count; machine += 1) {
    if (view.offered[machine] === 0) continue
    const free = freeAt[machine]
    view.freeAt[machine] = Math.max(free, now) + wait[machine]
  }
  if (stage.graph === undefined) fillLearnt(state, stage, view, task)
  else fillGiven(state, stage, view, task)
}

/** A problem's own times; where data must travel, the start waits for it. */
function fillGiven(state: State, stage: Stage, view: MachinesView, task: number): void {
  const { link } = stage.definition
  if (link.kind !== 'graph') return
  const { times, edges, machines } = link.problem
  const item = state.tasks.first[task]
  const row = item * machines.length
  const count = Math.min(view.count, machines.length)
  for (let machine = 0; machine < count; machine += 1) {
    if (view.offered[machine] === 0) continue
    const micros = Math.round(times[row + machine] * link.ticks)
    view.processing[machine] = micros
    if (micros === Number.POSITIVE_INFINITY) view.offered[machine] = 0
  }
  if (edges.firstEdge[item] === edges.firstEdge[item + 1]) return
  for (let machine = 0; machine < count; machine += 1) {
    if (view.offered[machine] === 0) continue
    const ready = dataReadyAt(stage, machine, item)
    if (ready > view.freeAt[machine]) view.freeAt[machine] = ready
  }
}

/** Learnt times: of the machine, else of all scaled by speed; where nothing is known, a second per unit of size. */
function fillLearnt(state: State, stage: Stage, view: MachinesView, task: number): void {
  const size = state.tasks.size[task]
  const count = state.tasks.count[task]
  const pooled = stage.pooled.n > 0 ? lineOf(stage.pooled) : { intercept: 0, slope: 1_000_000 }
  const anywhere = count * pooled.intercept + size * pooled.slope
  const setup = stage.definition.loads !== undefined && stage.setup.n > 0
  for (let number = 0; number < view.count; number += 1) {
    if (view.offered[number] === 0) continue
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
