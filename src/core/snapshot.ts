import {
  decodeEstimate,
  emptyEstimate,
  encodeEstimate,
} from '../policy/estimation/least-squares.ts'
import type { RunDefinition, StageDefinition } from '../model/run.ts'
import { assert } from '../std/assert.ts'
import { decodeItems, encodeItems } from './items.ts'
import { taskQueue } from './queue.ts'
import type { Machine, Slot } from './machine.ts'
import { isLive, type Run } from './run.ts'
import type { Stage } from './stage.ts'
import type { Class, State } from './state.ts'
import { emptyState, newRun, newSlot, newStage } from './initial.ts'
import { decodeTasks, encodeTasks } from './tasks.ts'
import { setTimer, type Timer } from './timers.ts'
import type { Tenant } from './tenants.ts'

/**
 * The whole state as JSON text, and back. Everything that a later entry may name by number keeps its
 * number. Queues, dirty marks and views are not state and are rebuilt.
 */
export function encodeState(state: State): string {
  const { now, term, sequence, nextAttempt, placements, draining, resources } = state
  const { tenants, virtualTime, charging } = state
  const definitions = pool<StageDefinition>()
  return JSON.stringify({
    now,
    term,
    sequence,
    nextAttempt,
    placements,
    draining,
    tenants,
    virtualTime,
    charging,
    resources,
    machines: state.machines.map(encodeMachine),
    runs: state.runs.map(run => encodeRun(run, definitions)),
    stages: state.stages.map(stage => encodeStage(stage, definitions)),
    definitions: definitions.values,
    classes: state.classes.map(({ needs, queue: _queue, able: _able, ...klass }) => ({
      ...klass,
      needs: Array.from(needs),
    })),
    tasks: encodeTasks(state.tasks),
    timers: state.timers.heap
      .values()
      .slice()
      .sort((a, b) => a.timer.at - b.timer.at || a.order - b.order)
      .map(entry => entry.timer),
  })
}

/**
 * What many share is written once and named by number: runs of one job have the same stages, and each
 * stage has its definition in its run's as well. A table of values, each with its number.
 */
function pool<Value extends object>() {
  const values: Value[] = []
  const known = new Map<Value, number>()
  const byText = new Map<string, number>()
  const add = (value: Value): number => {
    const text = JSON.stringify(value)
    const number = byText.get(text) ?? values.push(value) - 1
    byText.set(text, number)
    known.set(value, number)
    return number
  }
  return { values, numberOf: (value: Value): number => known.get(value) ?? add(value) }
}

type Pool = ReturnType<typeof pool<StageDefinition>>

type Encoded = {
  now: number
  term: number
  sequence: number
  nextAttempt: number
  placements: number
  draining: boolean
  tenants?: Tenant[]
  virtualTime?: number
  charging?: boolean
  resources: string[]
  machines: ReturnType<typeof encodeMachine>[]
  /** A snapshot of an earlier version has none: every definition stands where it is used. */
  definitions?: StageDefinition[]
  runs: ReturnType<typeof encodeRun>[]
  stages: ReturnType<typeof encodeStage>[]
  classes: (Omit<Class, 'needs' | 'queue' | 'able'> & { needs: number[] })[]
  tasks: Record<string, number[]>
  timers: Timer[]
}

export function decodeState(text: string): State {
  const from = JSON.parse(text) as Encoded
  const state = emptyState()
  const { now, term, sequence, nextAttempt, placements, draining } = from
  const { tenants, virtualTime = 0, charging = false } = from
  Object.assign(state, { now, term, sequence, nextAttempt, placements, draining })
  Object.assign(state, { virtualTime, charging })
  if (tenants !== undefined) state.tenants.splice(0, state.tenants.length, ...tenants)
  state.resources.splice(0, state.resources.length, ...from.resources)
  for (const machine of from.machines) state.machines.push(decodeMachine(machine))
  const defined = (at: number | StageDefinition): StageDefinition =>
    typeof at === 'number' ? from.definitions![at] : at
  for (const run of from.runs) state.runs.push(decodeRun(run, defined))
  for (const stage of from.stages)
    state.stages.push(decodeStage({ ...stage, definition: defined(stage.definition) }, state))
  for (const klass of from.classes) {
    state.classes.push({
      ...klass,
      band: klass.band ?? 0,
      able: 0,
      needs: Float64Array.from(klass.needs),
      queue: taskQueue(),
    })
  }
  state.tasks = decodeTasks(from.tasks)
  for (const timer of from.timers) setTimer(state.timers, timer)
  return state
}

function encodeRun(run: Run, definitions: Pool) {
  const { allocation: _allocation, order: _order, definition, hindsight, foretold, ...others } = run
  // What came of it is kept for the job's next run; a directory has thousands that ended.
  const rest = isLive(run) ? { ...others, hindsight, foretold } : others
  const stages: (number | StageDefinition)[] = definition.stages.map(definitions.numberOf)
  return { ...rest, definition: { ...definition, stages } }
}

function decodeRun(
  from: ReturnType<typeof encodeRun>,
  defined: (at: number | StageDefinition) => StageDefinition,
): Run {
  const definition: RunDefinition = {
    ...from.definition,
    stages: from.definition.stages.map(defined),
  }
  return { ...newRun(from.number, definition, from.submittedAt), ...from, definition }
}

function encodeMachine(machine: Machine) {
  const { capacity, free, slots, queues: _queues, idle, ...rest } = machine
  return {
    ...rest,
    capacity: Array.from(capacity),
    free: Array.from(free),
    idle: [...idle],
    slots: slots.map(encodeSlot),
  }
}

function decodeMachine(from: ReturnType<typeof encodeMachine>): Machine {
  const { capacity, free, slots, ...rest } = from
  return {
    ...rest,
    capacity: Float64Array.from(capacity),
    free: Float64Array.from(free),
    queues: new Map(),
    slots: slots.map(slot => ({
      ...newSlot(slot.number),
      ...slot,
      running: [...slot.running],
      stopping: new Map(slot.stopping),
      loaded: [...slot.loaded],
      // A snapshot of an earlier version has none.
      warm: [...(slot.warm ?? slot.loaded)],
      killing: slot.killing ?? undefined,
    })),
  }
}

function encodeSlot(slot: Slot) {
  return { ...slot, running: [...slot.running], stopping: [...slot.stopping] }
}

function encodeStage(stage: Stage, definitions: Pool) {
  assert(stage.graph === undefined, 'a problem’s graph is simulated, never journalled')
  const { items, sizes, unreadable, wishes, arrived, plan, classes, ...others } = stage
  const { estimates, pooled, handover, setup, definition, ...rest } = others
  return {
    ...rest,
    definition: definitions.numberOf(definition) as number | StageDefinition,
    classes: [...classes],
    items: encodeItems(items, stage.known),
    sizes: [...sizes],
    wishes: [...wishes],
    arrived: [...arrived],
    unreadable: [...unreadable],
    plan:
      plan === undefined
        ? undefined
        : { ...plan, machine: [...plan.machine], rank: [...plan.rank] },
    estimates: stage.estimates.map((_, at) =>
      estimates[at] === undefined ? null : encodeEstimate(estimates[at]),
    ),
    pooled: encodeEstimate(pooled),
    handover: encodeEstimate(handover),
    setup: { ...setup, lostOn: Object.fromEntries(setup.lostOn) },
  }
}

type EncodedStage = ReturnType<typeof encodeStage> & { readonly definition: StageDefinition }

function decodeStage(from: EncodedStage, { machines }: State): Stage {
  const { items, sizes, unreadable, wishes, arrived, plan, ...others } = from
  const { estimates, byMachine, pooled, handover, setup, ...rest } = others
  const stage: Stage = {
    ...newStage(rest),
    ...rest,
    items: decodeItems(items),
    sizes: new Map(sizes),
    wishes: new Map(wishes),
    arrived: new Map(arrived),
    unreadable: new Set(unreadable),
    pooled: decodeEstimate(pooled),
    // A snapshot of an earlier version has none.
    handover: handover === undefined ? emptyEstimate() : decodeEstimate(handover),
    estimates: [],
    byMachine: [],
    graph: undefined,
    setup: {
      ...setup,
      lostOn: decodeLost(setup.lostOn),
      waited: setup.waited ?? setup.micros,
    },
    cursor: rest.cursor ?? undefined,
    broken: rest.broken ?? undefined,
    plan:
      plan === undefined || plan === null
        ? undefined
        : { ...plan, machine: new Map(plan.machine), rank: new Map(plan.rank) },
  }
  estimates.forEach((estimate, machine) => {
    if (estimate !== null && estimate !== undefined)
      stage.estimates[machine] = decodeEstimate(estimate)
  })
  // JSON makes null of a machine that did nothing of it; a snapshot of an earlier version may have none at all,
  // or not say how much work it was.
  const shares: readonly (Stage['byMachine'][number] | null)[] | undefined = byMachine
  shares?.forEach((share, machine) => {
    if (share === null) return
    const { speed } = machines[machine].definition
    stage.byMachine[machine] = { ...share, work: share.work ?? share.micros * speed }
  })
  return stage
}

/** By machine number. A snapshot of an earlier version has a list with nulls, or none. */
function decodeLost(from: EncodedStage['setup']['lostOn'] | undefined): Stage['setup']['lostOn'] {
  const known = Object.entries(from ?? {}).filter(([, lost]) => lost !== null)
  return new Map(known.map(([machine, lost]) => [Number(machine), lost]))
}
