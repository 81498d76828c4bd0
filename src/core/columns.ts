import { isOpenTo } from './given-up.ts'
import { clearMarks, type Marks, mark, noMarks } from './marks.ts'
import type { Machine } from './machine.ts'
import type { Class, State } from './state.ts'
import { fits } from './times.ts'

/**
 * What a choice between machines looks at, in columns by machine number. A decision among a thousand
 * machines has about 5 ns for each, so nothing is looked up again that has not changed: whoever
 * changes a machine says so, and the next decision mends its row. An index, never journalled.
 */
export type Columns = {
  /** When a slot is predicted to be free; 0: one is idle. */
  freeAt: Float64Array
  /** Predicted micros of queued work ahead of one more task. */
  wait: Float64Array
  /** 1: could start something now, as far as slots go. */
  room: Uint8Array
  /** There are machines whose slots are not counted; `line.ts` says when those are free. */
  uncounted: boolean
  /** Machines with `room`, ascending. */
  readonly roomy: Offers
  /** Machines whose row is to be mended. */
  readonly changed: Marks
  /** By class number: machines that could ever run it; dropped when any machine joins or leaves, or is given up. */
  readonly eligible: (Eligible | undefined)[]
  /** What all machines that are alive offer together; dropped with `eligible`. */
  totals: Totals | undefined
  /** Of the current decision, where only machines with room are offered. */
  offers: Offers
}

/** The first `count` of `machines`. */
export type Offers = { machines: Int32Array; count: number }

/** Amounts by resource, counted slots, machines. */
type Totals = {
  readonly amounts: Float64Array
  readonly slots: number
  readonly machines: number
}

type Eligible = { readonly flags: Uint8Array; readonly offers: Offers }

export function columns(): Columns {
  return {
    freeAt: new Float64Array(0),
    wait: new Float64Array(0),
    room: new Uint8Array(0),
    uncounted: false,
    roomy: { machines: new Int32Array(0), count: 0 },
    changed: noMarks(),
    eligible: [],
    totals: undefined,
    offers: { machines: new Int32Array(0), count: 0 },
  }
}

/** The machine's slots, queue or state changed. */
export function machineChanged(state: State, number: number): void {
  const { columns } = state.scratch
  if (columns.room.length <= number) widen(state, number + 1)
  mark(columns.changed, number)
}

/** A machine joined or left. */
export function machinesChanged(state: State, number: number): void {
  eligibilityChanged(state)
  state.scratch.columns.totals = undefined
  state.scratch.machinesAt += 1
  machineChanged(state, number)
}

/** Which machines could ever run a class. */
export function eligibilityChanged({ scratch }: State): void {
  scratch.columns.eligible.length = 0
}

export function mendColumns(state: State): Columns {
  const { columns } = state.scratch
  const { changed } = columns
  if (changed.count === 0) return columns
  for (let at = 0; at < changed.count; at += 1) mend(state, state.machines[changed.numbers[at]])
  clearMarks(changed)
  return columns
}

/** Whether a machine with room has what the class needs free. */
export function fitsNow(state: State, { needs }: Class): boolean {
  const { machines, count } = state.scratch.columns.roomy
  for (let at = 0; at < count; at += 1)
    if (fits(needs, state.machines[machines[at]].free)) return true
  return false
}

function mend(state: State, machine: Machine): void {
  const { columns, view } = state.scratch
  const { number, slots, idle, queued } = machine
  const counted = machine.definition.slots
  const open =
    machine.alive && !machine.pressure && (idle.length > 0 || counted === undefined) ? 1 : 0
  if (columns.room[number] !== open) {
    columns.room[number] = open
    if (open === 1) insert(columns.roomy, number)
    else remove(columns.roomy, number)
  }
  if (counted === undefined) columns.uncounted = true
  columns.wait[number] = counted === undefined ? 0 : machine.queuedWork / counted
  columns.freeAt[number] = counted === undefined || idle.length > 0 ? 0 : earliestFree(machine)
  view.assignedWork[number] = machine.assignedWork
  view.load[number] = machine.running + queued
  view.slots[number] = Math.max(1, slots.length)
}

/** Inserts in ascending order; nearly always few entries or none stand behind the new one. */
function insert(offers: Offers, number: number): void {
  const { machines } = offers
  let at = offers.count
  for (; at > 0 && machines[at - 1] > number; at -= 1) machines[at] = machines[at - 1]
  machines[at] = number
  offers.count += 1
}

function remove(offers: Offers, number: number): void {
  const { machines, count } = offers
  let at = 0
  while (machines[at] !== number) at += 1
  for (; at < count - 1; at += 1) machines[at] = machines[at + 1]
  offers.count -= 1
}

function earliestFree(machine: Machine): number {
  let earliest = Number.POSITIVE_INFINITY
  for (const slot of machine.slots) if (slot.freeAt < earliest) earliest = slot.freeAt
  return earliest
}

/** Machines that are alive and offer, in all, what the class needs, and where its stage can be set up. */
export function eligibleFor(state: State, klass: Class): Eligible {
  const { eligible } = state.scratch.columns
  const known = eligible[klass.number]
  if (known !== undefined) return known
  const stage = state.stages[klass.stage]
  const flags = Uint8Array.from(state.machines, machine =>
    isOpenTo(machine, stage) && fits(klass.needs, machine.capacity) ? 1 : 0,
  )
  const machines = Int32Array.from(flags.keys()).filter(machine => flags[machine] === 1)
  const found = { flags, offers: { machines, count: machines.length } }
  eligible[klass.number] = found
  return found
}

export function columnsTotals(state: State): Totals {
  const { columns } = state.scratch
  columns.totals ??= totalsOf(state)
  return columns.totals
}

function totalsOf(state: State): Totals {
  const amounts = new Float64Array(state.resources.length)
  let [slots, machines] = [0, 0]
  for (const { alive, definition, capacity } of state.machines) {
    if (!alive) continue
    machines += 1
    slots += definition.slots ?? 0
    amounts.forEach((_, resource) => {
      amounts[resource] += capacity[resource] ?? 0
    })
  }
  return { amounts, slots: Math.max(1, slots), machines: Math.max(1, machines) }
}

function widen(state: State, count: number): void {
  const { columns, view } = state.scratch
  const size = Math.max(16, 2 * count)
  const wider = <T extends Uint8Array | Int32Array | Float64Array>(column: T, fresh: T): T => {
    fresh.set(column as never)
    return fresh
  }
  columns.room = wider(columns.room, new Uint8Array(size))
  columns.freeAt = wider(columns.freeAt, new Float64Array(size))
  columns.wait = wider(columns.wait, new Float64Array(size))
  columns.roomy.machines = wider(columns.roomy.machines, new Int32Array(size))
  view.offered = new Uint8Array(size)
  view.wanted = new Uint8Array(size)
  columns.offers.machines = new Int32Array(size)
  const wide = ['processing', 'freeAt', 'assignedWork', 'load', 'slots', 'cost', 'setup'] as const
  for (const name of wide) {
    view[name] = wider(view[name], new Float64Array(size))
  }
}
