import type { Action, Event } from '../core/event.ts'
import { limits } from '../core/limits.ts'
import { heldBytes, MEMORY, modelBytes } from '../core/models.ts'
import type { Stage, State } from '../core/state.ts'
import type { Failure } from '../model/failure.ts'
import { InputError } from '../model/input-error.ts'
import type { AttemptItem, AttemptOrder } from '../port/executor.ts'
import type { ResultBatch } from '../port/journal.ts'
import type { SourceItem } from '../port/source.ts'
import type { LoopPorts } from './loop.ts'
import type { GatheredGroups, Payloads } from './payloads.ts'
import { headOf } from './chain.ts'
import { forgetStage, itemFor, refetch, sourceOf, stow } from './payloads.ts'
import { readGate } from './read-gate.ts'
import { toEvent } from './recording.ts'
import { wishesOf } from './wishes-of.ts'

/**
 * Does what a durable step asked for. What takes time is started here and comes back to the loop as
 * an event; an error of the edges stops the loop, one of an input fails its run.
 */
type Performer = {
  perform(action: Action): void
  /** After every step, its actions performed: what was put off until there is room is done now. */
  resume(): void
}

type RunTasks = Extract<Action, { kind: 'run' }>

/** What performing may ask of the loop. */
type PerformingLoop = {
  readonly send: (event: Event) => void
  readonly fail: (error: unknown) => void
  /** Results that belong to the entry of the event sent next. */
  readonly keep: (results: readonly ResultBatch[]) => void
  readonly isStopped: () => boolean
}

export function createPerformer(
  state: State,
  payloads: Payloads,
  ports: LoopPorts,
  loop: PerformingLoop,
): Performer {
  const defined = new Set<number>()
  /** How often a stage's run has ended: what was asked for before that is answered to nobody. */
  const lives = new Map<number, number>()
  const lifeOf = (stage: number): (() => boolean) => {
    const life = lives.get(stage)
    return () => lives.get(stage) === life
  }

  const perform = (action: Action): void => {
    switch (action.kind) {
      case 'run':
        return runTasks(action)
      case 'readSource':
        return gate.ask(action)
      case 'gather':
        return background(gather(action.stage))
      case 'abort':
        return ports.executor.abort(action, action.attempt, action.failure)
      case 'kill':
        return ports.executor.kill(action)
      case 'unload':
        return action.stage < 0
          ? ports.executor.replace(action)
          : ports.executor.unload(action, action.stage)
      case 'finish':
        return background(
          ports
            .finishRun(action.run)
            .then(problem => loop.send({ kind: 'finished', run: action.run, problem })),
        )
      case 'ended':
        for (const number of state.runs[action.run].stages) {
          ports.executor.forget(number)
          gate.forget(number)
          lives.set(number, (lives.get(number) ?? 0) + 1)
          background(forgetStage(payloads, state.stages[number]))
          defined.delete(number)
        }
        return ports.onEnded(action.run)
    }
  }

  const background = (work: Promise<void>): void => {
    work.catch(loop.fail)
  }

  const runTasks = (action: RunTasks): void => {
    const stage = state.stages[action.stage]
    if (!defined.has(stage.number)) {
      defined.add(stage.number)
      ports.executor.define(stage.number, ports.codeOf(stage))
    }
    const orders: AttemptOrder[] = new Array(action.tasks.length)
    for (let at = 0; at < orders.length; at += 1) {
      const order = orderFor(stage, action, action.tasks[at], action.firstAttempt + at)
      if (order === undefined) return background(fetchAndRun(action, stage))
      orders[at] = order
    }
    ports.executor.run({ machine: action.machine, slot: action.slot }, stage.number, orders)
  }

  const orderFor = (
    stage: Stage,
    { machine, slot }: RunTasks,
    task: number,
    attempt: number,
  ): AttemptOrder | undefined => {
    const { tasks } = state
    const items: AttemptItem[] = new Array(tasks.count[task])
    for (let at = 0; at < items.length; at += 1) {
      const item = itemFor(state, payloads, ports.store, stage, tasks.first[task] + at)
      if (item === undefined) return undefined
      items[at] = item
    }
    const order = { task, attempt, try: tasks.tries[task] + 1, items }
    const asked = state.classes[tasks.klass[task]].needs[MEMORY]
    if (stage.definition.needs.memory === undefined || asked === 0) return order
    const beside = heldBytes(state, state.machines[machine].slots[slot], stage, modelBytes)
    return { ...order, memoryLimit: memoryLimit(asked + beside) }
  }

  /** Payloads that are not in memory are read again first; attempts fenced meanwhile are left out. */
  const fetchAndRun = async (action: RunTasks, stage: Stage): Promise<void> => {
    const { tasks } = state
    const live = () =>
      action.tasks
        .map((task, at) => ({ task, attempt: action.firstAttempt + at }))
        .filter(({ task, attempt }) => tasks.attempt[task] === attempt)
    const isAsked = lifeOf(stage.number)
    const orders: AttemptOrder[] = []
    try {
      for (const { task } of live()) {
        for (let at = 0; at < tasks.count[task]; at += 1) {
          const index = tasks.first[task] + at
          if (itemFor(state, payloads, ports.store, stage, index) === undefined)
            await fetch(stage, index, isAsked)
        }
      }
      for (const { task, attempt } of live()) {
        const order = orderFor(stage, action, task, attempt)
        if (order === undefined) throw vanished(stage, tasks.first[task])
        orders.push(order)
      }
    } catch (error) {
      if (!isAsked()) return
      if (!(error instanceof InputError)) throw error
      return giveBack(action, stage, { kind: 'bad-input', message: error.message })
    }
    if (orders.length > 0 && !loop.isStopped())
      ports.executor.run({ machine: action.machine, slot: action.slot }, stage.number, orders)
  }

  /** What a message was to carry cannot be read again: its run stops, and its items are answered for. */
  const giveBack = (action: RunTasks, stage: Stage, failure: Failure): void => {
    const { first, count } = state.tasks
    const unread = { failure, micros: 0, cpuMicros: 0, peakBytes: 0 }
    const outcomes = action.tasks.flatMap((task, at) =>
      Array.from({ length: count[task] }, (_, nth) => ({
        ...{ task, attempt: action.firstAttempt + at, index: first[task] + nth },
        ...unread,
      })),
    )
    loop.send({ kind: 'stageBroken', stage: stage.number, failure })
    loop.send(toEvent(action.machine, action.slot, outcomes))
  }

  const fetch = async (stage: Stage, index: number, isAsked: () => boolean): Promise<void> => {
    const head = headOf(state, stage)
    if (head.definition.link.kind === 'gather') {
      const groups = await groupsOf(head)
      if (isAsked()) payloads.gathers.set(head.number, groups)
    } else await refetch(state, payloads, head, index)
  }

  const readSource = async (action: Extract<Action, { kind: 'readSource' }>): Promise<void> => {
    const stage = state.stages[action.stage]
    const first = stage.known
    const isAsked = lifeOf(stage.number)
    try {
      const chunk = await sourceOf(payloads, stage).read(action.cursor, action.limit)
      const keeping = ports.keep?.(stage, first, chunk.items)
      // No turn is given away where nothing could be kept.
      const kept = keeping && (await keeping)
      if (!isAsked()) return
      stow(payloads, stage.number, first, chunk.items)
      if (kept !== undefined) loop.keep(kept.results)
      const problems = chunk.items.flatMap((item, at) =>
        item.problem === undefined
          ? []
          : [{ index: first + at, failure: { kind: 'bad-input' as const, message: item.problem } }],
      )
      const wishes = wishesOf(chunk.items, first)
      loop.send({
        kind: 'read',
        stage: stage.number,
        first,
        count: chunk.items.length,
        cursor: chunk.cursor,
        done: chunk.done,
        ...(chunk.items.some(item => item.size !== 1)
          ? { sizes: chunk.items.map(item => item.size) }
          : {}),
        ...(problems.length > 0 ? { problems } : {}),
        ...(wishes.length > 0 ? { wishes } : {}),
        ...(kept !== undefined ? { kept: kept.items } : {}),
      })
    } catch (error) {
      if (!isAsked()) return
      const message = error instanceof Error ? error.message : String(error)
      loop.send({
        kind: 'stageBroken',
        stage: stage.number,
        failure: { kind: 'bad-input', message },
        reading: true,
      })
    }
  }

  const gather = async (number: number): Promise<void> => {
    const stage = state.stages[number]
    const isAsked = lifeOf(number)
    try {
      const groups = await groupsOf(stage)
      const keeping = ports.keep?.(stage, 0, asItems(groups))
      const kept = keeping && (await keeping)
      if (!isAsked()) return
      payloads.gathers.set(number, groups)
      if (kept !== undefined) loop.keep(kept.results)
      loop.send({
        kind: 'read',
        stage: number,
        first: 0,
        count: groups.keys.length,
        cursor: '',
        done: true,
        ...(kept !== undefined ? { kept: kept.items } : {}),
      })
    } catch (error) {
      if (!isAsked()) return
      if (!(error instanceof InputError)) throw error
      loop.send({
        kind: 'stageBroken',
        stage: number,
        failure: { kind: 'bad-input', message: error.message },
        reading: true,
      })
    }
  }

  const groupsOf = (stage: Stage): Promise<GatheredGroups> =>
    ports.gather(stage, stage.upstream < 0 ? sourceOf(payloads, stage) : undefined)

  const gate = readGate(
    number => isFull(state, payloads, state.stages[number]),
    action => background(readSource(action)),
  )

  return { perform, resume: gate.openWhereThereIsRoom }
}

/** Enough of it waits in memory. With no task to take from it, only reading can lead on: a chunk wants more. */
function isFull(state: State, payloads: Payloads, stage: Stage): boolean {
  const { global } = state.runs[stage.run].order
  const room = global ? limits.indexedCharacters : limits.heldCharacters
  return stage.openTasks > 0 && (payloads.cargo.get(stage.number)?.size ?? 0) > room
}

/** Groups as items: one of the same key that holds the same need not be handled again. */
const asItems = ({ keys, versions }: GatheredGroups): SourceItem[] =>
  keys.map((key, at) => ({ key, version: versions[at], payload: '', size: 1 }))

/**
 * Resident bytes at which a slot's process counts as out of memory: what the stage asked for and what
 * other models the slot holds, a quarter more since peaks are not averages, and what a bare runtime
 * takes.
 */
function memoryLimit(asked: number): number {
  return Math.round(asked * 1.25) + 64 * 1024 * 1024
}

const vanished = (stage: Stage, index: number): InputError =>
  new InputError(
    `item ${index} of ${stage.definition.name} has vanished from its input; expected the items that were there when it was read`,
  )
