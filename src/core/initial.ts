import type { RunDefinition } from '../model/run.ts'
import { emptyEstimate } from '../policy/estimation/least-squares.ts'
import { allocationNamed, orderNamed } from '../policy/registry.ts'
import { assert } from '../std/assert.ts'
import { intervalsOf } from './intervals.ts'
import { itemStatesOf } from './items.ts'
import { emptyScratch } from './scratch.ts'
import type { Slot } from './machine.ts'
import type { Run } from './run.ts'
import type { Stage } from './stage.ts'
import type { State } from './state.ts'
import { taskTable } from './tasks.ts'
import { DEFAULT_TENANT } from './tenants.ts'
import { timers } from './timers.ts'

/** How everything begins: a core that knows nothing, a run just submitted, a stage, a slot. */

export function emptyState(): State {
  return {
    now: 0,
    term: 0,
    sequence: 0,
    nextAttempt: 1,
    placements: 0,
    draining: false,
    tenants: [{ name: DEFAULT_TENANT, finish: 0 }],
    virtualTime: 0,
    charging: false,
    resources: ['cpu', 'memory'],
    machines: [],
    runs: [],
    stages: [],
    classes: [],
    tasks: taskTable(),
    timers: timers(),
    recovery: [],
    scratch: emptyScratch(),
  }
}

export function newRun(number: number, definition: RunDefinition, now: number): Run {
  const allocation = allocationNamed(definition.strategy)
  const order = orderNamed(definition.order)
  assert(allocation !== undefined, `run ${definition.name}: no strategy ${definition.strategy}`)
  assert(order !== undefined, `run ${definition.name}: no order ${definition.order}`)
  return {
    number,
    definition,
    stages: [],
    state: 'active',
    submittedAt: now,
    endedAt: 0,
    problem: undefined,
    attempts: 0,
    retries: 0,
    dues: { ended: 0, late: 0, most: 0 },
    rested: 0,
    rests: [],
    restsSince: 0,
    crew: [],
    mostSpeed: 0,
    hindsight: [],
    foretold: [],
    allocation,
    order,
    tenant: 0,
  }
}

export function newStage(
  at: Pick<Stage, 'number' | 'run' | 'definition' | 'upstream' | 'depth' | 'root'>,
): Stage {
  return {
    number: at.number,
    run: at.run,
    definition: at.definition,
    upstream: at.upstream,
    depth: at.depth,
    root: at.root,
    downstream: [],
    nextLevel: -1,
    items: itemStatesOf(),
    known: 0,
    complete: false,
    reading: false,
    cursor: undefined,
    marks: [],
    pool: intervalsOf(),
    open: 0,
    openTasks: 0,
    sizes: new Map(),
    unreadable: new Set(),
    wishes: new Map(),
    arrived: new Map(),
    graph: undefined,
    classes: [],
    estimates: [],
    pooled: emptyEstimate(),
    onlyCold: false,
    handover: emptyEstimate(),
    setup: { n: 0, micros: 0, waited: 0, bytes: 0, frees: false, lostOn: new Map() },
    plan: undefined,
    broken: undefined,
    peakBytes: 0,
    firstStart: 0,
    lastEnd: 0,
    busyMicros: 0,
    byMachine: [],
  }
}

export function newSlot(number: number): Slot {
  return {
    number,
    stage: -1,
    klass: -1,
    running: [],
    stopping: new Map(),
    work: 0,
    freeAt: 0,
    askedAt: 0,
    askedTo: 0,
    headSince: 0,
    loaded: [],
    usedAt: [],
    warm: [],
    pinned: 0,
    killing: undefined,
    dying: false,
    loading: false,
    watchedAt: 0,
  }
}

/** The number of a resource, a new one if it was never mentioned. */
export function resourceNumber(state: State, name: string): number {
  const known = state.resources.indexOf(name)
  if (known >= 0) return known
  state.resources.push(name)
  return state.resources.length - 1
}
