import type { Action } from '../core/event.ts'
import { heldBytes, MEMORY, modelBytes } from '../core/models.ts'
import { slotKey } from '../core/scratch.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import type { Failure } from '../model/failure.ts'
import { InputError } from '../model/input-error.ts'
import { appended } from '../std/appended.ts'
import type { AttemptItem, AttemptOrder, SlotAddress } from '../port/executor.ts'
import { headOf } from './chain.ts'
import type { LoopPorts } from './loop.ts'
import { type GatheredGroups, itemFor, type Payloads, refetch } from './payloads.ts'
import type { StageLives } from './perform.ts'
import { toEvent } from './recording.ts'

type Run = Extract<Action, { kind: 'run' }>

/** Attempts go to their slot with what their items hold. */
export type Dispatch = {
  run(action: Run): void
  /** Nothing more of what went to the slot, or is on its way there, is to begin. */
  takeBack(slot: SlotAddress): void
  forget(stage: number): void
}

type DispatchingLoop = StageLives & {
  readonly groupsOf: (stage: Stage) => Promise<GatheredGroups>
}

export function createDispatch(
  state: State,
  payloads: Payloads,
  ports: LoopPorts,
  loop: DispatchingLoop,
): Dispatch {
  const { tasks } = state
  /** By stage number. */
  const defined: boolean[] = []
  /** By slot, how often something was taken back. */
  const takings = new Map<number, number>()

  const run = (action: Run): void => {
    const stage = state.stages[action.stage]
    if (defined[stage.number] !== true) {
      defined[stage.number] = true
      ports.executor.define(stage.number, ports.codeOf(stage))
    }
    let orders: AttemptOrder[] = []
    for (let at = 0; at < action.tasks.length; at += 1) {
      const order = orderFor(stage, action, action.tasks[at], action.firstAttempt + at)
      if (order === undefined) return loop.background(fetchAndRun(action, stage))
      orders = appended(orders, order)
    }
    ports.executor.run({ machine: action.machine, slot: action.slot }, stage.number, orders)
  }

  const orderFor = (
    stage: Stage,
    { machine, slot }: Run,
    task: number,
    attempt: number,
  ): AttemptOrder | undefined => {
    let items: AttemptItem[] = []
    for (let at = 0; at < tasks.count[task]; at += 1) {
      const item = itemFor(state, payloads, ports.store, stage, tasks.first[task] + at)
      if (item === undefined) return undefined
      items = appended(items, item)
    }
    const order = { task, attempt, try: tasks.tries[task] + 1, items }
    const asked = state.classes[tasks.klass[task]].needs[MEMORY]
    if (stage.definition.needs.memory === undefined || asked === 0) return order
    const beside = heldBytes(state, state.machines[machine].slots[slot], stage, modelBytes)
    return { ...order, memoryLimit: memoryLimit(asked + beside) }
  }

  /** Payloads that are not in memory are read again first; attempts fenced or taken back meanwhile are left out. */
  const fetchAndRun = async (action: Run, stage: Stage): Promise<void> => {
    const live = () =>
      action.tasks
        .map((task, at) => ({ task, attempt: action.firstAttempt + at }))
        .filter(({ task, attempt }) => tasks.attempt[task] === attempt)
    const isAsked = loop.lifeOf(stage.number)
    const slot = slotKey(action.machine, action.slot)
    const takingsBefore = takings.get(slot)
    const orders: AttemptOrder[] = []
    try {
      for (const { task } of live()) await fetchTask(stage, task, isAsked)
      for (const { task, attempt } of live()) {
        const order = orderFor(stage, action, task, attempt)
        if (order === undefined) throw vanished(stage, tasks.first[task])
        orders.push(order)
      }
    } catch (error) {
      if (!isAsked()) return
      if (!(error instanceof InputError)) throw error
      return giveUp(action, { kind: 'bad-input', message: error.message })
    }
    if (takings.get(slot) !== takingsBefore) return giveBack(action, live())
    if (orders.length > 0 && !loop.isStopped())
      ports.executor.run({ machine: action.machine, slot: action.slot }, stage.number, orders)
  }

  const fetchTask = async (stage: Stage, task: number, isAsked: () => boolean): Promise<void> => {
    const end = tasks.first[task] + tasks.count[task]
    for (let index = tasks.first[task]; index < end; index += 1) {
      if (itemFor(state, payloads, ports.store, stage, index) !== undefined) continue
      const head = headOf(state, stage)
      if (head.definition.link.kind === 'gather') {
        const groups = await loop.groupsOf(head)
        if (isAsked()) payloads.gathers.set(head.number, groups)
      } else await refetch(state, payloads, head, index).catch(asInputError)
    }
  }

  /** What a message was to carry cannot be read again: its run stops, and its items are answered for. */
  const giveUp = (action: Run, failure: Failure): void => {
    const unread = { failure, micros: 0, cpuMicros: 0, peakBytes: 0 }
    const outcomes = action.tasks.flatMap((task, at) =>
      Array.from({ length: tasks.count[task] }, (_, nth) => ({
        ...{ task, attempt: action.firstAttempt + at, index: tasks.first[task] + nth },
        ...unread,
      })),
    )
    loop.send({ kind: 'stageBroken', stage: action.stage, failure })
    loop.send(toEvent(action.machine, action.slot, outcomes))
  }

  const giveBack = (
    { machine, slot }: Run,
    live: readonly { readonly task: number; readonly attempt: number }[],
  ): void => {
    if (live.length === 0) return
    const tasks = live.map(({ task }) => task)
    const attempts = live.map(({ attempt }) => attempt)
    loop.send({ kind: 'givenBack', machine, slot, tasks, attempts })
  }

  return {
    run,
    takeBack({ machine, slot }) {
      const key = slotKey(machine, slot)
      takings.set(key, (takings.get(key) ?? 0) + 1)
      ports.executor.takeBack({ machine, slot })
    },
    forget(stage) {
      ports.executor.forget(stage)
      defined[stage] = false
    },
  }
}

const vanished = (stage: Stage, index: number): InputError =>
  new InputError(
    `item ${index} of ${stage.definition.name} has vanished from its input; expected the items that were there when it was read`,
  )

/** However a source fails, it is its run's input that cannot be read. */
function asInputError(error: unknown): never {
  if (error instanceof InputError) throw error
  throw new InputError(error instanceof Error ? error.message : String(error))
}

/**
 * Resident bytes at which a slot's process counts as out of memory: what the stage asked for and what
 * other models the slot holds, a quarter more since peaks are not averages, and what a bare runtime
 * takes.
 */
function memoryLimit(asked: number): number {
  return Math.round(asked * 1.25) + 64 * 1024 * 1024
}
