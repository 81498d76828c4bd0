import type { Decision, Event } from '../core/event.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { createLoop, type Loop, type LoopPorts } from '../driver/loop.ts'
import { restore } from '../driver/restore.ts'
import type { Keeper } from '../driver/keeping.ts'
import type { Source } from '../port/source.ts'
import type { Store } from '../port/store.ts'
import { Violation } from '../std/assert.ts'
import type { Prng } from '../std/prng.ts'
import type { SimClock } from './clock.ts'
import type { Disk } from './disk.ts'
import { type Act, type Execution, type SimExecutor, simExecutor } from './executor.ts'
import { distortReplies, drawAct, type Faults, holdUp } from './fault.ts'
import { noCode } from './forgetful.ts'
import { answerOf, checkStart, gatheredPayload, watchedJournal } from './oracle.ts'
import { spoolSource } from './pusher.ts'
import type { SimRun, Workload } from './workload.ts'

/**
 * One life of a node: the real core and loop over a simulated executor and a disk that outlives it.
 * It begins from what the disk has kept. Once it is `over` nothing reaches it any more, whatever its
 * slots still say.
 */
export type Life = {
  readonly state: State
  readonly loop: Loop
  readonly executor: SimExecutor
  /** By run; one that is taken up again is given another. */
  readonly keepers: Map<string, Keeper>
  over: boolean
}

type Surroundings = {
  readonly clock: SimClock
  readonly disk: Disk
  readonly workload: Workload
  readonly random: Prng
  readonly faults: () => Faults
  /** Every entry of the journal. */
  readonly heard: (body: string) => void
  /** An item of this run that has an answer may get another: what failed is retried. */
  readonly mayRepeat: (run: string) => boolean
  /** An item is really begun. */
  readonly began: (stage: Stage, index: number) => void
  readonly continuing: Continuing
  readonly onStep: (life: Life, events: readonly Event[], decisions: readonly Decision[]) => void
  readonly onFailure: (error: Error) => void
}

/** What a run keeps of those it continues: the real thing, from a room this one must not know. */
export type Continuing = {
  /** Puts down what it continues, before it is submitted. */
  submitted(store: Store, name: string, after: NonNullable<SimRun['after']>): void
  keeperOf(store: Store, after: NonNullable<SimRun['after']>): Keeper
}

export function beginLife(around: Surroundings): Life {
  const { clock, disk, random } = around
  const state = restore(disk.journal)
  const keepers = new Map<string, Keeper>()
  const executor = simExecutor({
    clock,
    receive: distortReplies(random, around.faults, clock, event => {
      if (!life.over) life.loop.receive(event)
    }),
    behaviour: {
      setup: () => 1_000 + random.int(20_000),
      loading: stage => ({ bytes: 1 + (stage % 3), frees: stage % 2 === 0 }),
      breaks: () => (random.chance(around.faults().breaking) ? notThere : undefined),
      execute: execution => act(around, state, execution),
    },
  })
  const loop = createLoop(state, {
    clock: holdUp(clock, random, around.faults),
    executor,
    store: disk.store,
    journal: watchedJournal(disk, around),
    snapshotEvery: random.chance(0.3) ? 2_000 : 0,
    codeOf: () => noCode,
    openSource: stage => slowly(around, sourceOf(around, state, stage)),
    gather: async stage => {
      await later(clock, random.int(20_000))
      return gatheredPayload(state, disk.store, stage)
    },
    finishRun: async () => {
      await later(clock, random.int(20_000))
      return undefined
    },
    onEnded() {},
    ...keepingOf(around, state, keepers),
    onStep: (events, decisions) => around.onStep(life, events, decisions),
    onFailure: around.onFailure,
  })
  const life: Life = { state, loop, executor, keepers, over: false }
  loop.send({ kind: 'term', term: state.term + 1 })
  return life
}

/** Each run that continues another has a keeper, and after a restart another one. */
function keepingOf(
  { workload, disk, continuing }: Surroundings,
  state: State,
  keepers: Map<string, Keeper>,
) {
  const keeperFor = (stage: Stage): Keeper | undefined => {
    const { definition, after } = runOf(workload, state, stage)
    if (after === undefined) return undefined
    const keeper = keepers.get(definition.name) ?? continuing.keeperOf(disk.store, after)
    keepers.set(definition.name, keeper)
    return keeper
  }
  return {
    keep: (stage, first, items) =>
      keeperFor(stage)?.ofItems(state, stage, first, items) ?? Promise.resolve(undefined),
    keepAfter: (stage, results) => keeperFor(stage)?.after(state, stage, results) ?? [],
  } satisfies Pick<LoopPorts, 'keep' | 'keepAfter'>
}

function act(around: Surroundings, state: State, execution: Execution): Act {
  const { workload, random, faults } = around
  checkStart(state, execution)
  const stage = state.stages[execution.stage]
  around.began(stage, execution.item.index)
  const { scale } = runOf(workload, state, stage)
  return drawAct(random, faults(), scale, () => answerOf(stage, execution.item))
}

function sourceOf({ workload, disk }: Surroundings, state: State, stage: Stage): Source {
  const { definition, openSource } = runOf(workload, state, stage)
  return openSource === undefined ? spoolSource(definition.name, disk.store) : openSource()
}

function runOf(workload: Workload, state: State, stage: Stage): SimRun {
  const { name } = state.runs[stage.run].definition
  const run = workload.runs.find(({ definition }) => definition.name === name)
  if (run === undefined) throw new Violation(`nobody submitted ${name}`)
  return run
}

const notThere = { kind: 'error', message: 'a simulated missing module' } as const

/** Takes its time, and sometimes cannot be read. */
function slowly({ clock, random, faults }: Surroundings, source: Source): Source {
  return {
    ...source,
    async read(cursor, limit) {
      await later(clock, random.int(30_000))
      if (random.chance(faults().breaking)) throw new Error('a simulated unreadable input')
      return source.read(cursor, limit)
    },
  }
}

/** A promise that takes virtual time. */
function later(clock: SimClock, micros: number): Promise<void> {
  return new Promise(resolve => clock.at(clock.now() + micros, resolve))
}
