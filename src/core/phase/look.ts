import type { Look } from '../../policy/allocation/allocation.ts'
import { MILLISECOND } from '../../std/time.ts'
import { orderedTask } from '../ordered.ts'
import type { Offers } from '../columns.ts'
import { holds, sameModel } from '../models.ts'
import { limits } from '../limits.ts'
import { queuedClasses } from '../live.ts'
import { queuedCount } from '../queue.ts'
import type { Machine, Slot } from '../machine.ts'
import type { Stage } from '../stage.ts'
import type { Class, State } from '../state.ts'
import { expectedMicros, setupMicros } from '../times.ts'

/**
 * What only some allocations look at: filled in for those that ask for it, so that the others pay
 * nothing.
 */
export function look(state: State, looksAt: readonly Look[], choice: Choice): void {
  for (const what of looksAt) fill[what](state, choice)
}

type Choice = { readonly klass: Class; readonly offers: Offers; readonly task: number }

const fill: Readonly<Record<Look, (state: State, choice: Choice) => void>> = {
  cost(state, { offers }) {
    const { view } = state.scratch
    forEachOffer(state, offers, ({ number, definition }) => {
      view.cost[number] = definition.cost
    })
  },
  due(state, { klass, task }) {
    state.scratch.view.dueAt = orderedTask(state, state.stages[klass.stage], task).dueAt
  },
  room(state, { klass, offers }) {
    const { view } = state.scratch
    view.needs = klass.needs
    forEachOffer(state, offers, ({ number, free, capacity }) => {
      view.free[number] = free
      view.capacity[number] = capacity
    })
  },
  setup: fillSetup,
}

function forEachOffer(
  state: State,
  { machines, count }: Offers,
  each: (machine: Machine) => void,
): void {
  for (let at = 0; at < count; at += 1) each(state.machines[machines[at]])
}

/** Models are loaded per slot: if another slot of the machine holds the model, this one must still load it. */
function fillSetup(state: State, { klass, offers, task }: Choice): void {
  const stage = state.stages[klass.stage]
  const { view } = state.scratch
  view.residentAt = Number.POSITIVE_INFINITY
  if (stage.definition.loads === undefined) {
    for (let at = 0; at < offers.count; at += 1) view.setup[offers.machines[at]] = 0
    return
  }
  const holders = busyHolders(state, stage)
  const others = waitingElsewhere(state, stage)
  const known = others.length === 0 ? state.now : firstLoadUntil(state, stage, holders)
  const load = known > state.now ? Number.POSITIVE_INFINITY : meanSetup(stage)
  if (holders.length > 0) {
    view.residentAt = throughAt(state, stage, task, holders)
    const later = known > state.now ? known : Math.max(view.residentAt, state.now + MILLISECOND)
    if (later < state.scratch.askAt) state.scratch.askAt = later
  }
  forEachOffer(state, offers, machine => {
    const { number, idle, slots } = machine
    const isHere = idle.some(slot => holds(state, slots[slot], stage))
    view.setup[number] = isHere ? 0 : load
    view.processing[number] += view.setup[number] - setupMicros(state, stage, machine)
    const isWanted = (slot: number) => others.some(other => holds(state, slots[slot], other))
    view.wanted[number] = idle.length > 0 && idle.every(isWanted) ? 1 : 0
  })
}

function meanSetup({ setup }: Stage): number {
  return setup.n === 0 ? 0 : setup.micros / setup.n
}

function isLoading(slot: Slot, stage: Stage): boolean {
  return slot.loading && slot.stage === stage.number
}

type Holder = { readonly machine: Machine; readonly slot: Slot }

/** Slots that hold the model, or load it, and are at work: they will answer, and then take more. */
function busyHolders(state: State, stage: Stage): Holder[] {
  const found: Holder[] = []
  for (const machine of state.machines) {
    if (!machine.alive || machine.pressure) continue
    for (const slot of machine.slots) {
      if (slot.running.length === 0 || slot.dying || !holds(state, slot, stage)) continue
      found.push({ machine, slot })
    }
  }
  return found
}

/** Until when the first load of all is waited for; now: it is not on its way, or takes too long. */
function firstLoadUntil(state: State, stage: Stage, holders: readonly Holder[]): number {
  if (stage.setup.n > 0) return state.now
  const most = stage.definition.setupTimeout ?? limits.loading
  const loading = holders.filter(({ slot }) => isLoading(slot, stage))
  return Math.max(state.now, ...loading.map(({ slot }) => slot.headSince + most))
}

/**
 * When the slots that hold the model would have finished all that waits for it, shared evenly. An overdue item
 * is assumed to need as long again, so that a hanging one is not waited for endlessly.
 */
function throughAt(state: State, stage: Stage, task: number, holders: readonly Holder[]): number {
  const { first, size, count } = state.tasks
  let [free, time] = [0, 0]
  for (const { machine, slot } of holders) {
    const end = slot.freeAt + (isLoading(slot, stage) ? meanSetup(stage) : 0)
    free += state.now + Math.abs(end - state.now)
    const micros = expectedMicros(stage, machine, first[task], size[task], count[task])
    time += Number.isNaN(micros) ? (size[task] * 1_000_000) / machine.definition.speed : micros
  }
  let waiting = 0
  for (const { stage: number, queue } of queued(state))
    if (sameModel(state.stages[number], stage)) waiting += queuedCount(queue)
  return (free + (waiting * time) / holders.length) / holders.length
}

function queued(state: State): Class[] {
  const { numbers, count } = queuedClasses(state)
  return numbers.slice(0, count).map(number => state.classes[number])
}

/** Stages of other models that have tasks waiting for a slot. */
function waitingElsewhere(state: State, stage: Stage): readonly Stage[] {
  const waiting = new Set<Stage>()
  for (const { stage: number } of queued(state)) {
    const other = state.stages[number]
    const run = state.runs[other.run]
    if (other.definition.loads === undefined) continue
    if (run.state !== 'active' || run.allocation.binds !== 'late') continue
    if (!sameModel(other, stage)) waiting.add(other)
  }
  return [...waiting]
}
