import type {
  AttemptItem,
  AttemptOrder,
  Executor,
  ExecutorEvent,
  SlotAddress,
} from '../port/executor.ts'
import type { Failure } from '../model/failure.ts'
import { assert } from '../std/assert.ts'
import type { Micros } from '../std/time.ts'
import type { SimClock } from './clock.ts'
import { answerHead, type Queued, queuedOf, restOf, takeStage, takeUnbegun } from './slot-queue.ts'

/**
 * The executor's twin: slots with queues, working in virtual time. A slot does one item after
 * another, in order, loads a stage once, and waits for an item's data where that takes time. What an
 * item does (how long, what it answers, whether it dies) is asked of `behaviour` when it starts.
 */
export type SimExecutor = Executor & {
  /** The machine is gone with everything on it: nothing it had will be heard of. */
  drop(machine: number): void
}

type Behaviour = {
  /** What this execution of an item does; asked once, when the slot gets to it. */
  readonly execute: (execution: Execution) => Act
  /** Why a stage cannot run at all, or `undefined`. */
  readonly breaks?: (stage: number) => Failure | undefined
  /** Micros to load a stage on a slot that has not; 0: nothing to load. */
  readonly setup?: (slot: SlotAddress, stage: number) => Micros
  /** What loading the stage takes, and whether its handler can give it back. */
  readonly loading?: (stage: number) => { readonly bytes: number; readonly frees: boolean }
  /** The instant before which the item's data has not arrived. */
  readonly dataReadyAt?: (slot: SlotAddress, stage: number, index: number) => Micros
  /** Told when an execution really begins and when it answers. */
  readonly onStart?: (execution: Execution) => void
}

export type Execution = {
  readonly slot: SlotAddress
  readonly stage: number
  readonly order: AttemptOrder
  readonly item: AttemptItem
}

export type Act =
  | {
      readonly kind: 'answer'
      readonly micros: Micros
      readonly result?: string
      readonly failure?: Failure
      readonly stopped?: boolean
      readonly peakBytes?: number
      /** Does not hear when asked to stop: answers late, as if nothing had been said. */
      readonly deaf?: boolean
    }
  /** The slot's process dies after `micros`. */
  | { readonly kind: 'die'; readonly micros: Micros; readonly failure: Failure }
  /** Never answers; `deaf`: not even when asked to stop. */
  | { readonly kind: 'hang'; readonly deaf: boolean }

type SimExecutorPorts = {
  readonly clock: SimClock
  readonly receive: (event: ExecutorEvent) => void
  readonly behaviour: Behaviour
}

type Slot = {
  readonly address: SlotAddress
  readonly queue: Queued[]
  readonly loaded: Set<number>
  busy: boolean
  /** What the slot does at `dueAt`; `nothing` also when its future was cut off. */
  due: 'nothing' | 'loaded' | 'execute' | 'act'
  dueAt: Micros
  /** The stage that is being set up, or was last. */
  loading: number
  /** One callback for all of a slot's life: it has at most one future at a time. */
  readonly wake: () => void
  /** The item being executed, what it does, and since when. */
  current: Queued | undefined
  act: Act | undefined
  deaf: boolean
  since: Micros
}

export function simExecutor({ clock, receive, behaviour }: SimExecutorPorts): SimExecutor {
  const machines: (Slot | undefined)[][] = []

  const slotAt = ({ machine, slot }: SlotAddress): Slot => {
    while (machines.length <= machine) machines.push([])
    const known = machines[machine][slot]
    if (known !== undefined) return known
    const opened: Slot = newSlot({ machine, slot }, () => wake(opened))
    machines[machine][slot] = opened
    return opened
  }

  /** What is dropped under an attempt would fail it. */
  const idleAt = (address: SlotAddress): Slot => {
    const slot = slotAt(address)
    assert(
      slot.queue.length === 0,
      `slot ${address.machine}/${address.slot} drops what it loaded while it works`,
    )
    return slot
  }

  const next = (slot: Slot): void => {
    const queued = slot.queue[0]
    if (queued === undefined) {
      slot.busy = false
      return
    }
    slot.busy = true
    if (behaviour.setup !== undefined && !slot.loaded.has(queued.stage))
      load(slot, queued.stage, behaviour.setup)
    else begin(slot, queued)
  }

  const giveBack = (slot: Slot): void => {
    const unbegun = takeUnbegun(slot.queue, slot.current !== undefined)
    if (unbegun === undefined) return
    // Its data had not arrived.
    if (slot.due === 'execute') {
      slot.due = 'nothing'
      slot.busy = false
    }
    receive({ kind: 'givenBack', slot: slot.address, ...unbegun })
  }

  const load = (slot: Slot, stage: number, setup: NonNullable<Behaviour['setup']>): void => {
    slot.loading = stage
    slot.since = clock.now()
    const micros = setup(slot.address, stage)
    const broken = behaviour.breaks?.(stage)
    if (broken !== undefined) return breakOff(slot, stage, broken)
    later(slot, 'loaded', clock.now() + micros)
  }

  /** All that waits here for the stage is answered; what waits for others goes on. */
  const breakOff = (slot: Slot, stage: number, failure: Failure): void => {
    const { address, queue } = slot
    const waiting = takeStage(queue, stage)
    receive({ kind: 'stageBroken', slot: address, stage, failure })
    const outcomes = waiting.flatMap(queued => restOf(queued, { micros: 0, failure }))
    receive({ kind: 'outcomes', slot: address, outcomes })
    next(slot)
  }

  const begin = (slot: Slot, queued: Queued): void => {
    const ready =
      behaviour.dataReadyAt?.(slot.address, queued.stage, queued.order.items[queued.at].index) ?? 0
    if (ready > clock.now()) later(slot, 'execute', ready)
    else execute(slot, queued)
  }

  const execute = (slot: Slot, queued: Queued): void => {
    const { stage, order } = queued
    const execution = { slot: slot.address, stage, order, item: order.items[queued.at] }
    slot.current = queued
    slot.since = clock.now()
    behaviour.onStart?.(execution)
    const act = behaviour.execute(execution)
    slot.act = act
    slot.deaf = act.kind !== 'die' && act.deaf === true
    if (act.kind !== 'hang') later(slot, 'act', clock.now() + act.micros)
  }

  const later = (slot: Slot, due: Slot['due'], at: Micros): void => {
    slot.due = due
    slot.dueAt = at
    clock.at(at, slot.wake)
  }

  /** A call that was asked for before the slot's future was cut off finds another instant, or nothing. */
  const wake = (slot: Slot): void => {
    const { due, act } = slot
    if (due === 'nothing' || slot.dueAt > clock.now()) return
    slot.due = 'nothing'
    const queued = slot.queue[0]
    if (due === 'loaded') loaded(slot, slot.loading)
    else if (due === 'execute') execute(slot, queued)
    else if (act?.kind === 'die') end(slot, act.failure)
    else if (act?.kind === 'answer') answer(slot, act)
  }

  const loaded = (slot: Slot, stage: number): void => {
    slot.loaded.add(stage)
    const micros = clock.now() - slot.since
    const { bytes, frees } = behaviour.loading?.(stage) ?? { bytes: 0, frees: false }
    receive({ kind: 'loaded', slot: slot.address, stage, micros, bytes, frees })
    next(slot)
  }

  const answer = (slot: Slot, act: Extract<Act, { kind: 'answer' }>): void => {
    slot.current = undefined
    receive({ kind: 'outcomes', slot: slot.address, outcomes: [answerHead(slot.queue, act)] })
    next(slot)
  }

  const end = (slot: Slot, failure: Failure): void => {
    empty(slot)
    receive({ kind: 'slotEnded', slot: slot.address, failure })
  }

  return {
    define() {},
    forget(stage) {
      for (const slots of machines) for (const slot of slots) slot?.loaded.delete(stage)
    },
    run(address, stage, attempts) {
      const slot = slotAt(address)
      for (const order of attempts) slot.queue.push(queuedOf(stage, order))
      if (!slot.busy) next(slot)
    },
    abort(address, attempt) {
      const slot = slotAt(address)
      const at = slot.queue.findIndex(({ order }) => order.attempt === attempt)
      const queued = slot.queue[at]
      if (queued === undefined || (slot.current === queued && slot.deaf)) return
      const micros = slot.current === queued ? clock.now() - slot.since : 0
      slot.queue.splice(at, 1)
      const failure = { kind: 'cancelled', message: 'asked to stop' } as const
      receive({ kind: 'outcomes', slot: address, outcomes: restOf(queued, { micros, failure }) })
      if (at > 0) return
      slot.due = 'nothing'
      slot.current = undefined
      next(slot)
    },
    takeBack: address => giveBack(slotAt(address)),
    kill: address => end(slotAt(address), { kind: 'crash', message: 'killed' }),
    unload: (address, stage) => {
      idleAt(address).loaded.delete(stage)
    },
    replace: address => empty(idleAt(address)),
    drop(machine) {
      for (const slot of machines[machine] ?? []) if (slot !== undefined) empty(slot)
    },
    async close() {
      for (const slots of machines) for (const slot of slots) if (slot !== undefined) empty(slot)
    },
  }
}

function newSlot(address: SlotAddress, wake: () => void): Slot {
  return {
    address,
    queue: [],
    loaded: new Set(),
    busy: false,
    due: 'nothing',
    dueAt: 0,
    loading: -1,
    wake,
    current: undefined,
    act: undefined,
    deaf: false,
    since: 0,
  }
}

function empty(slot: Slot): void {
  slot.due = 'nothing'
  slot.queue.length = 0
  slot.loaded.clear()
  slot.busy = false
  slot.current = undefined
  slot.deaf = false
}
