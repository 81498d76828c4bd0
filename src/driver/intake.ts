import type { Action, Event } from '../core/event.ts'
import { limits } from '../core/limits.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { InputError } from '../model/input-error.ts'
import type { SourceItem } from '../port/source.ts'
import type { KeptFromBefore } from './keeping.ts'
import type { LoopPorts } from './loop.ts'
import { sourceOf, stow, type GatheredGroups, type Payloads } from './payloads.ts'
import type { StageLives } from './perform.ts'
import { readGate } from './read-gate.ts'
import { wishesOf } from './wishes-of.ts'

/** Items come in: windows of a source, or the groups of a stage that gathers. */
type Intake = {
  read(action: Extract<Action, { kind: 'readSource' }>): void
  gather(stage: number): void
  groupsOf(stage: Stage): Promise<GatheredGroups>
  /** After every step: what waited for room is read where there is some. */
  resume(): void
  forget(stage: number): void
}

export function createIntake(
  state: State,
  payloads: Payloads,
  ports: LoopPorts,
  loop: StageLives,
): Intake {
  const readSource = async (action: Extract<Action, { kind: 'readSource' }>): Promise<void> => {
    const stage = state.stages[action.stage]
    const first = stage.known
    const isAsked = loop.lifeOf(stage.number)
    try {
      const chunk = await sourceOf(payloads, stage).read(action.cursor, action.limit)
      const { items, cursor, done } = chunk
      const keeping = ports.keep?.(stage, first, items)
      // Awaited only where an earlier run has results to keep: an `await` gives up the turn.
      const kept = keeping && (await keeping)
      if (!isAsked()) return
      stow(payloads, stage.number, first, items)
      loop.send({
        ...{ kind: 'read', stage: stage.number, first, count: items.length, cursor, done },
        ...whatItemsBring(items, first),
        ...taken(kept),
      })
    } catch (error) {
      if (!isAsked()) return
      loop.send(unreadable(stage, error instanceof Error ? error.message : String(error)))
    }
  }

  const gather = async (number: number): Promise<void> => {
    const stage = state.stages[number]
    const isAsked = loop.lifeOf(number)
    try {
      const groups = await groupsOf(stage)
      const keeping = ports.keep?.(stage, 0, asItems(groups))
      const kept = keeping && (await keeping)
      if (!isAsked()) return
      payloads.gathers.set(number, groups)
      const count = groups.keys.length
      loop.send({
        ...{ kind: 'read', stage: number, first: 0, count, cursor: '', done: true },
        ...taken(kept),
      })
    } catch (error) {
      if (!isAsked()) return
      if (!(error instanceof InputError)) throw error
      loop.send(unreadable(stage, error.message))
    }
  }

  const taken = (kept: KeptFromBefore | undefined) => {
    if (kept === undefined) return {}
    loop.keep(kept.results)
    return { kept: kept.items }
  }

  const groupsOf = (stage: Stage): Promise<GatheredGroups> =>
    ports.gather(stage, stage.upstream < 0 ? sourceOf(payloads, stage) : undefined)

  const gate = readGate(
    number => isFull(state, payloads, state.stages[number]),
    action => loop.background(readSource(action)),
  )

  return {
    read: gate.ask,
    gather: number => loop.background(gather(number)),
    groupsOf,
    resume: gate.openWhereThereIsRoom,
    forget: gate.forget,
  }
}

/**
 * Whether enough of the stage waits in memory. With no task that could take from it, reading must go on: a
 * chunk needs more items.
 */
function isFull(state: State, payloads: Payloads, stage: Stage): boolean {
  const { global } = state.runs[stage.run].order
  const room = global ? limits.indexedCharacters : limits.heldCharacters
  return stage.openTasks > 0 && (payloads.cargo.get(stage.number)?.size ?? 0) > room
}

/** Sizes, problems and wishes, where there are any. */
function whatItemsBring(items: readonly SourceItem[], first: number) {
  const problems = items.flatMap(({ problem }, at) =>
    problem === undefined
      ? []
      : [{ index: first + at, failure: { kind: 'bad-input' as const, message: problem } }],
  )
  const wishes = wishesOf(items, first)
  return {
    ...(items.some(item => item.size !== 1) ? { sizes: items.map(({ size }) => size) } : {}),
    ...(problems.length > 0 ? { problems } : {}),
    ...(wishes.length > 0 ? { wishes } : {}),
  }
}

/** Groups as items: one of the same key that holds the same need not be handled again. */
const asItems = ({ keys, versions }: GatheredGroups): SourceItem[] =>
  keys.map((key, at) => ({ key, version: versions[at], payload: '', size: 1 }))

const unreadable = ({ number }: Stage, message: string): Event => ({
  kind: 'stageBroken',
  stage: number,
  failure: { kind: 'bad-input', message },
  reading: true,
})
