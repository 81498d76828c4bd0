import type { Prng } from '../../../std/prng.ts'
import type { Dag } from './dag.ts'
import type { DagPlan } from './dag-plan.ts'

/**
 * Moves on an order and its machines that keep precedence: a task goes elsewhere in the order
 * between its last predecessor and its first successor, with or without a change of machine, two
 * tasks change places, or a task and neighbours that run where it does go to another machine
 * together: where transfers outweigh work one of them alone would only make things worse. What a
 * move did is kept in `Move`, so that it can be taken back.
 */
export type Move = {
  /** Set by `draw`: nothing before this position changed. */
  from: number
  task: number
  /** The other task of a swap; -1 for an insertion. */
  other: number
  oldPosition: number
  newPosition: number
  oldMachine: number
  otherMachine: number
  /** Those that went along with `task`, where they stand; `along` of them. */
  along: number
  readonly group: Int32Array
}

export const noMove = (): Move => ({
  from: 0,
  task: -1,
  other: -1,
  oldPosition: 0,
  newPosition: 0,
  oldMachine: 0,
  otherMachine: 0,
  along: 0,
  group: new Int32Array(mostTogether),
})

const mostTogether = 32

/** Makes a random move of `task`; false if the one drawn would change nothing. */
export function draw(
  dag: Dag,
  plan: DagPlan,
  move: Move,
  how: { readonly task: number; readonly greedy: boolean; readonly random: Prng },
): boolean {
  const { task, greedy, random } = how
  if (plan.position[task] < dag.begun) return false
  const low = earliestPosition(dag, plan, task)
  const high = latestPosition(dag, plan, task)
  const kind = random.next()
  move.along = 0
  if (!greedy && dag.moves && random.next() < togetherShare) {
    return together(dag, plan, move, task, random)
  }
  if (kind < swapShare) return swapWithAny(dag, plan, move, { ...how, low, high })
  const old = plan.position[task]
  const machine = plan.machine[task]
  if (greedy) return insert(plan, move, task, machine, near(old, low, high, random))
  if (kind < swapShare + reorderShare || dag.machines === 1) {
    const jumped = pastNeighbour(plan, { task, low, high, random })
    return jumped >= 0 && insert(plan, move, task, machine, jumped)
  }
  const on = otherMachine(dag, plan, task, random)
  return on >= 0 && insert(plan, move, task, on, near(old, low, high, random), true)
}

const togetherShare = 0.2
const swapShare = 0.2
const reorderShare = 0.3

export function undoMove(plan: DagPlan, move: Move): void {
  if (move.other >= 0) {
    place(plan, move.task, move.oldPosition)
    place(plan, move.other, move.newPosition)
    plan.machine[move.other] = move.otherMachine
  } else {
    shift(plan, move.newPosition, move.oldPosition)
  }
  plan.machine[move.task] = move.oldMachine
  for (let at = 0; at < move.along; at += 1) plan.machine[move.group[at]] = move.oldMachine
}

/** Grown from the task along edges, among those that run where it does. */
function together(dag: Dag, plan: DagPlan, move: Move, task: number, random: Prng): boolean {
  const to = otherMachine(dag, plan, task, random)
  if (to < 0) return false
  const { machine, position } = plan
  const from = machine[task]
  const most = 1 + Math.floor(random.next() ** 2 * mostTogether)
  Object.assign(move, { task, other: -1, oldMachine: from, from: position[task] })
  move.oldPosition = position[task]
  move.newPosition = position[task]
  machine[task] = to
  for (let grown = -1; grown < move.along && move.along < most; grown += 1) {
    const next = grown < 0 ? task : move.group[grown]
    const inputs = dag.firstIn[next + 1] - dag.firstIn[next]
    const outputs = dag.firstOut[next + 1] - dag.firstOut[next]
    for (let at = 0; at < inputs + outputs && move.along < most; at += 1) {
      const other =
        at < inputs ? dag.from[dag.firstIn[next] + at] : dag.to[dag.firstOut[next] + at - inputs]
      if (machine[other] !== from || position[other] < dag.begun || random.next() < 0.3) continue
      if (dag.times[other * dag.machines + to] === Number.POSITIVE_INFINITY) continue
      machine[other] = to
      move.group[move.along] = other
      move.along += 1
      move.from = Math.min(move.from, position[other])
    }
  }
  return true
}

function earliestPosition(dag: Dag, plan: DagPlan, task: number): number {
  let low = dag.begun
  for (let edge = dag.firstIn[task]; edge < dag.firstIn[task + 1]; edge += 1) {
    const after = plan.position[dag.from[edge]] + 1
    if (after > low) low = after
  }
  return low
}

function latestPosition(dag: Dag, plan: DagPlan, task: number): number {
  let high = dag.tasks - 1
  for (let out = dag.firstOut[task]; out < dag.firstOut[task + 1]; out += 1) {
    const before = plan.position[dag.to[out]] - 1
    if (before < high) high = before
  }
  return high
}

/** Half the time anywhere allowed, else close by: small steps refine, large ones explore. */
function near(old: number, low: number, high: number, random: Prng): number {
  const width = high - low
  if (random.next() < 0.5) return low + Math.floor(random.next() * (width + 1))
  const reach = Math.ceil(random.next() ** 4 * Math.min(width, 64))
  const at = random.next() < 0.5 ? old - reach : old + reach
  return Math.max(low, Math.min(high, at))
}

/** The position of a neighbour on the same machine, one or a few away; -1 if there is none. */
function pastNeighbour(
  plan: DagPlan,
  how: { task: number; low: number; high: number; random: Prng },
): number {
  const { task, low, high, random } = how
  const { order, machine, position } = plan
  const on = machine[task]
  const step = random.next() < 0.5 ? -1 : 1
  let found = -1
  for (let at = position[task] + step; at >= low && at <= high; at += step) {
    if (machine[order[at]] !== on) continue
    found = at
    if (random.next() < 0.5) break
  }
  return found
}

/** Where a relative runs, which saves a transfer, or any machine that can run the task. */
function otherMachine(dag: Dag, plan: DagPlan, task: number, random: Prng): number {
  const { firstIn, firstOut, machines, times } = dag
  const inputs = firstIn[task + 1] - firstIn[task]
  const outputs = firstOut[task + 1] - firstOut[task]
  let on = Math.floor(random.next() * machines)
  if (inputs + outputs > 0 && random.next() < 0.4) {
    const which = Math.floor(random.next() * (inputs + outputs))
    const relative =
      which < inputs ? dag.from[firstIn[task] + which] : dag.to[firstOut[task] + which - inputs]
    on = plan.machine[relative]
  }
  if (on === plan.machine[task]) return -1
  return times[task * machines + on] === Number.POSITIVE_INFINITY ? -1 : on
}

function insert(
  plan: DagPlan,
  move: Move,
  task: number,
  on: number,
  at: number,
  evenInPlace = false,
): boolean {
  const old = plan.position[task]
  if (at === old && !evenInPlace) return false
  move.task = task
  move.other = -1
  move.oldPosition = old
  move.newPosition = at
  move.oldMachine = plan.machine[task]
  move.from = Math.min(old, at)
  shift(plan, old, at)
  plan.machine[task] = on
  return true
}

function swapWithAny(
  dag: Dag,
  plan: DagPlan,
  move: Move,
  how: { task: number; greedy: boolean; random: Prng; low: number; high: number },
): boolean {
  const { task, random, low, high } = how
  const { machine, position, order } = plan
  const other = order[near(position[task], low, high, random)]
  const here = position[task]
  const there = position[other]
  if (other === task || (machine[other] === machine[task] && !how.greedy)) return false
  if (here < earliestPosition(dag, plan, other) || here > latestPosition(dag, plan, other)) {
    return false
  }
  const { machines, times } = dag
  if (times[task * machines + machine[other]] === Number.POSITIVE_INFINITY) return false
  if (times[other * machines + machine[task]] === Number.POSITIVE_INFINITY) return false
  move.task = task
  move.other = other
  move.oldPosition = here
  move.newPosition = there
  move.oldMachine = machine[task]
  move.otherMachine = machine[other]
  move.from = Math.min(here, there)
  place(plan, task, there)
  place(plan, other, here)
  machine[task] = move.otherMachine
  machine[other] = move.oldMachine
  return true
}

function place(plan: DagPlan, task: number, at: number): void {
  plan.order[at] = task
  plan.position[task] = at
}

/** Takes what is at `from` out of the order and puts it at `to`; what lies between closes up. */
function shift(plan: DagPlan, from: number, to: number): void {
  const { order, position } = plan
  const task = order[from]
  const step = from < to ? 1 : -1
  for (let at = from; at !== to; at += step) {
    const moved = order[at + step]
    order[at] = moved
    position[moved] = at
  }
  order[to] = task
  position[task] = to
}
