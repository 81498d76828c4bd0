import { mark } from '../marks.ts'
import type { Failure } from '../../model/failure.ts'
import {
  emptyEstimate,
  fade,
  observe,
  predict,
  weaken,
} from '../../policy/estimation/least-squares.ts'
import { machineChanged } from '../columns.ts'
import { answered, type Decision, type Outcomes } from '../event.ts'
import { DONE, endedCount, STOPPED } from '../items.ts'
import { limits } from '../limits.ts'
import type { Machine, Slot } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { slotKey } from '../scratch.ts'
import { ASSIGNED, moveTask, RUNNING } from '../tasks.ts'
import { charge, settle } from '../tenants.ts'
import { areAlike, dataReadyAt, expectedMicros } from '../times.ts'
import { leaveQueue } from './assignment.ts'
import { meet } from './crew.ts'
import { countDue } from './due.ts'
import { endedAtLast } from './placed-anew.ts'
import { endItem, keepItem } from './items.ts'
import {
  confirmStopping,
  isLast,
  isLoaded,
  openSlot,
  pinModels,
  releaseIfIdle,
  touchLoaded,
  warmUp,
  watchHead,
} from './slot.ts'
import { busy, chargeItem, endTask } from './task.ts'

/**
 * One message of tasks of one class goes to one slot: the lease of its resources begins. Behind another of the
 * same run that asked for the same, it goes on.
 */
export function start(state: State, decision: Extract<Decision, { kind: 'start' }>): void {
  const { tasks } = state
  const machine = state.machines[decision.machine]
  const slot = openSlot(machine, decision.slot)
  const head = decision.tasks[0]
  const stage = state.stages[tasks.stage[head]]
  const klass = state.classes[tasks.klass[head]]
  if (slot.running.length === 0) {
    slot.stage = stage.number
    slot.klass = klass.number
    slot.headSince = state.now
    slot.freeAt = state.now
    slot.askedAt = 0
    takeIdle(machine, slot.number)
    for (let resource = 0; resource < klass.needs.length; resource += 1)
      machine.free[resource] -= klass.needs[resource]
  }
  const fresh = slot.running.length === 0
  if (!isLoaded(slot, stage.number)) slot.loading = true
  touchLoaded(state, slot, stage)
  if (fresh && slot.loaded.length > 1) pinModels(state, machine, slot)
  let attempt = decision.firstAttempt
  let expected = Number.NaN
  let like = -1
  for (const task of decision.tasks) {
    if (like < 0 || !areAlike(tasks, stage, task, like)) {
      expected = expectedMicros(
        stage,
        machine,
        tasks.first[task],
        tasks.size[task],
        tasks.count[task],
      )
    }
    like = task
    startTask(state, stage, machine, slot, task, attempt++, expected)
  }
  if (state.charging) charge(state, machine, klass, decision.tasks)
  state.nextAttempt = attempt
  const run = state.runs[stage.run]
  run.attempts += decision.tasks.length
  if (run.restsSince > 0) {
    run.rested += state.now - run.restsSince
    run.rests.push({ from: run.restsSince, to: state.now })
    run.restsSince = 0
  }
  meet(state, run)
  if (stage.firstStart === 0) stage.firstStart = state.now
  if (fresh) watchHead(state, machine, slot)
  machineChanged(state, machine.number)
}

/** Removes a slot from the idle ones: nearly always the last, since that one is offered first. */
function takeIdle({ idle }: Machine, slot: number): void {
  if (isLast(idle, slot)) idle.pop()
  else idle.splice(idle.indexOf(slot), 1)
}

function startTask(
  state: State,
  stage: Stage,
  machine: Machine,
  slot: Slot,
  task: number,
  attempt: number,
  expected: number,
): void {
  const { tasks } = state
  const { predicted } = tasks
  const wasAssigned = tasks.state[task] === ASSIGNED
  const assigned = wasAssigned ? predicted[task] : Number.NaN
  if (wasAssigned) {
    leaveQueue(state, machine, task)
    // Learnt since, perhaps, and without what its machine was chosen by beside it.
    if (!Number.isNaN(expected)) predicted[task] = expected
  } else {
    predicted[task] = Number.isNaN(expected) ? 0 : expected
    machine.assignedWork += predicted[task]
    state.placements += 1
  }
  moveTask(tasks, task, RUNNING)
  tasks.attempt[task] = attempt
  tasks.machine[task] = machine.number
  tasks.slot[task] = slot.number
  tasks.startedAt[task] = state.now
  tasks.left[task] = tasks.count[task]
  if (stage.graph?.turns !== undefined) stage.graph.turns.passed[tasks.first[task]] = 1
  slot.running.push(task)
  slot.work += tasks.predicted[task]
  const waits =
    stage.graph === undefined
      ? 0
      : Math.max(0, dataReadyAt(stage, machine.number, tasks.first[task]) - state.now)
  slot.freeAt =
    Math.max(slot.freeAt, state.now) + waits + (wasAssigned ? assigned : predicted[task])
  machine.running += 1
}

/** Answers of a slot. Only the live attempt's next expected item counts; late and doubled answers fall away here. */
export function outcomes(state: State, event: Outcomes): void {
  const { tasks } = state
  const machine = state.machines[event.machine]
  const slot = machine.slots[event.slot]
  if (slot === undefined) return
  let failureAt = 0
  let heard = 0
  let took = 0
  const kept = keptBy(event)
  for (let at = 0; at < event.tasks.length; at += 1) {
    const task = event.tasks[at]
    const attempt = event.attempts[at]
    const failure = event.codes[at] === answered.failed ? event.failures[failureAt++] : undefined
    if (!isLive(state, event, task, attempt)) {
      confirmStopping(slot, attempt, event.indexes[at])
      continue
    }
    const expected = tasks.first[task] + tasks.count[task] - tasks.left[task]
    if (event.indexes[at] !== expected) continue
    heard += 1
    took += event.micros[at]
    answer(state, machine, slot, event, at, failure)
    if (kept === undefined) continue
    for (const { stage, code } of kept.get(at) ?? [])
      keepItem(state, state.stages[stage], expected, { code, position: at })
  }
  const stage = state.stages[slot.stage]
  if (stage !== undefined && event.peakBytes > stage.peakBytes) stage.peakBytes = event.peakBytes
  // What an earlier life saved says nothing of this slot: it may not be set up yet.
  if (heard > 0 && event.saved !== true) {
    if (!slot.loading) learnHandover(stage, heard, state.now - slot.headSince - took)
    slot.headSince = state.now
    if (slot.askedAt > 0) endedAtLast(state, slot)
    slot.loading = false
  }
  if (slot.running.length > 0) headChanged(state, machine, slot)
  else releaseIfIdle(state, machine, slot)
}

/** What ran is over, and another of what the slot was given is its head. */
export function headChanged(state: State, machine: Machine, slot: Slot): void {
  const { tasks, scratch } = state
  const [head] = slot.running
  slot.stage = tasks.stage[head]
  slot.klass = tasks.klass[head]
  watchHead(state, machine, slot)
  scratch.hungry.add(slotKey(machine.number, slot.number))
}

/** By position of the answer that allows it, upstream first. */
function keptBy({ kept }: Outcomes): Map<number, { stage: number; code: number }[]> | undefined {
  if (kept === undefined) return undefined
  const by = new Map<number, { stage: number; code: number }[]>()
  for (const { stage, positions, codes } of kept) {
    positions.forEach((position, at) => {
      const entry = { stage, code: codes[at] === answered.stopped ? STOPPED : DONE }
      const others = by.get(position)
      if (others === undefined) by.set(position, [entry])
      else others.push(entry)
    })
  }
  return by
}

/** Only the slot that an attempt was given to can answer for it. */
export function isLive(
  { tasks }: State,
  from: { readonly machine: number; readonly slot: number },
  task: number,
  attempt: number,
): boolean {
  return (
    task < tasks.used &&
    tasks.state[task] === RUNNING &&
    tasks.attempt[task] === attempt &&
    tasks.machine[task] === from.machine &&
    tasks.slot[task] === from.slot
  )
}

/** One entry of the slot's answers, the one its task waits for. */
function answer(
  state: State,
  machine: Machine,
  slot: Slot,
  { tasks: numbers, indexes, codes, micros }: Outcomes,
  position: number,
  failure: Failure | undefined,
): void {
  const { tasks } = state
  const task = numbers[position]
  const index = indexes[position]
  const stage = state.stages[tasks.stage[task]]
  const run = state.runs[stage.run]
  tasks.left[task] -= 1
  stage.open -= 1
  stage.lastEnd = state.now
  busy(stage, machine, micros[position]).tasks += 1
  if (state.charging) settle(state, machine, task, micros[position])
  if (failure === undefined) {
    const size = tasks.size[task] / tasks.count[task]
    if (stage.graph === undefined) learnFrom(stage, machine, slot, size, micros[position])
    if (stage.graph !== undefined) stage.graph.machineOf[index] = machine.number
    const code = codes[position] === answered.stopped ? STOPPED : DONE
    countDue(state, run, stage, index)
    endItem(state, stage, index, { code, position })
  } else chargeItem(state, stage, task, index, failure)
  if (tasks.left[task] === 0) endTask(state, machine, slot, task)
  if (run.state !== 'active') mark(state.scratch.touchedRuns, run.number)
}

/**
 * Learns the time between items that the items themselves did not take: messages, the commit, and waiting for a
 * busy core.
 */
function learnHandover({ graph, handover }: Stage, items: number, micros: number): void {
  if (graph !== undefined) return
  const usual = handover.n === 0 ? 0 : (items * handover.time) / handover.size
  observe(handover, items, Math.max(1, micros), usual)
  fade(handover, limits.recentHandovers)
}

/**
 * The first item of a slot can take several times as long as the others (code not yet compiled, caches cold),
 * so it says little about them. It is learnt from only while nothing else is known; once another item is known,
 * all such first items together count as one. Where there are no more items than slots, every item is a first
 * one.
 */
function learnFrom(stage: Stage, machine: Machine, slot: Slot, size: number, micros: number): void {
  const { pooled, estimates } = stage
  const isCold = !warmUp(slot, stage.number) && leftOf(stage) > machine.slots.length
  const known = Math.max(pooled.n, estimates[machine.number]?.n ?? 0)
  const isKnown = known >= 1 && !stage.onlyCold
  if (isCold && isKnown && micros <= COLD_MOST * expectedMicros(stage, machine, 0, size)) return
  const own = (estimates[machine.number] ??= emptyEstimate())
  const outweighs = stage.onlyCold && !isCold
  if (outweighs) outweighCold(stage)
  stage.onlyCold = isCold && !isKnown
  observe(own, size, micros, own.n === 0 || outweighs ? 0 : predict(own, size))
  observe(pooled, size, micros * machine.definition.speed, 0)
}

/** An item that takes more than this many times as long is not slow merely because it is the first. */
const COLD_MOST = 4

function outweighCold({ estimates, pooled }: Stage): void {
  weaken(pooled, 1)
  // `forEach` skips the machines that have no estimate.
  estimates.forEach(each => {
    weaken(each, 1)
  })
}

const leftOf = ({ known, items }: Stage): number => known - endedCount(items)
