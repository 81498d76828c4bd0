import { encodeEntry } from '../core/codec.ts'
import type { Decision, Event, Kept } from '../core/event.ts'
import { encodeState } from '../core/snapshot.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { step } from '../core/step.ts'
import type { Clock } from '../port/clock.ts'
import type { Executor, ExecutorEvent, Outcome, StageCode } from '../port/executor.ts'
import type {
  HistoryBatch,
  Journal,
  ResultBatch,
  Snapshot,
  SpoolBatch,
  SpooledItem,
} from '../port/journal.ts'
import type { Source, SourceItem } from '../port/source.ts'
import type { Store } from '../port/store.ts'
import { appended } from '../std/appended.ts'
import { completed, type KeepAfter, type KeptFromBefore, type TextsKept } from './keeping.ts'
import { type GatheredGroups, type Payloads, payloadsOf, stow, unstow } from './payloads.ts'
import { releaseKept } from './release.ts'
import { createPerformer } from './perform.ts'
import { historyOf } from './history.ts'
import { resultBatches } from './recording.ts'
import { eventOf } from './reported.ts'
import { isSnapshotDue, isSnapshotDueAtClose } from './snapshot-due.ts'
import { stoppedBatches } from './unanswered.ts'
import { wishesOf } from './wishes-of.ts'

/**
 * The loop, the same in production and in virtual time: drain the inbox, step the core, append, and
 * only then perform. A tick is synchronous; whatever takes time is started by it and comes back
 * through the inbox. A failed append stops the loop: memory is then ahead of the disk.
 */
export type Loop = {
  readonly state: State
  readonly payloads: Payloads
  /** Hands over an event; it is applied at the next tick. */
  send(event: Event): void
  /** Items pushed to a stage that reads no source: durable with the next tick, in one commit. */
  push(stage: Stage, items: readonly PushedItem[]): void
  /** What the executor reports. */
  receive(event: ExecutorEvent): void
  /** One instant. Returns when the core wants the next. */
  tick(): number | undefined
  /** No further tick; the executor is the caller's to close. */
  stop(): void
  /** Stops as by a failed append, and says why. */
  fail(error: unknown): void
  /** Once it has stopped, for the close: a snapshot, where enough came since the last and memory is what the disk is. */
  lastSnapshot(): Snapshot | undefined
  /** Why the loop stopped by itself, if it did. */
  readonly failure: () => Error | undefined
}

/** A pushed item, with what its job reads from it; that goes into the event, not into the spool. */
export type PushedItem = SpooledItem & Pick<SourceItem, 'due' | 'weight'>

export type LoopPorts = {
  readonly clock: Clock
  readonly journal: Journal
  readonly store: Store
  readonly executor: Executor
  /** The code of a stage, by its run and name. */
  readonly codeOf: (stage: Stage) => StageCode
  readonly openSource: (stage: Stage) => Source
  /** Prepares a gather stage's groups: from stored results, or from the source where it is the first. */
  readonly gather: (stage: Stage, source: Source | undefined) => Promise<GatheredGroups>
  /** What the run this one continues has answered of the items just read; the results go into the same entry. */
  readonly keep?: (
    stage: Stage,
    first: number,
    items: readonly SourceItem[],
  ) => Promise<KeptFromBefore | undefined>
  /** What it answered of the stages that follow one, made from just such results. */
  readonly keepAfter?: KeepAfter
  /** Writes the run's outputs; a problem fails the run. */
  readonly finishRun: (run: number) => Promise<string | undefined>
  readonly onEnded: (run: number) => void
  /** After every durable step. */
  readonly onStep?: (events: readonly Event[], decisions: readonly Decision[]) => void
  /** Final answers, once durable. */
  readonly onResults?: (results: readonly ResultBatch[]) => void
  readonly onLog?: (event: Extract<ExecutorEvent, { kind: 'log' | 'progress' }>) => void
  readonly onFailure: (error: Error) => void
  /** Bytes of journal after which a snapshot is taken, at least; 0: never. */
  readonly snapshotEvery: number
  /** Entries need not be encoded: the journal forgets them (plain simulation). */
  readonly forgetful?: boolean
}

const noHistory = { history: [], isTold: true }

/** A step with what came in, what came with it, and what it decided. */
type Entered = {
  readonly now: number
  readonly events: readonly Event[]
  readonly texts: readonly (readonly Outcome[] | undefined)[]
  readonly keptIn: readonly (TextsKept | undefined)[]
  readonly decisions: readonly Decision[]
  readonly kept: readonly Kept[]
  readonly history: readonly HistoryBatch[]
  /** The history can be rebuilt from the entry's own events. */
  readonly isTold: boolean
  readonly spooled: readonly Pushed[]
}

/** Items pushed to a stage. */
type Pushed = SpoolBatch & { readonly stage: number }

export function createLoop(state: State, ports: LoopPorts): Loop {
  const payloads = payloadsOf(ports.openSource, ports.store)
  state.scratch.forgetful = ports.forgetful === true
  let inbox: Event[] = []
  let carried: (readonly Outcome[] | undefined)[] = []
  /** Results copied from an earlier run, waiting for the entry that names them. */
  let copied: ResultBatch[] = []
  /** Pushed items waiting for the entry that makes them known, by stage. */
  let pushed = new Map<number, PushedItem[]>()
  let scheduled = false
  let stopped = false
  let failure: Error | undefined
  /** The clock may have been set back since the journal was written: time goes on from there. */
  const ahead = Math.max(0, state.now - ports.clock.now())

  const fail = (error: unknown): void => {
    if (stopped) return
    stopped = true
    failure = error instanceof Error ? error : new Error(String(error))
    ports.clock.wake(undefined, () => {})
    ports.onFailure(failure)
  }

  const schedule = (): void => {
    if (scheduled || stopped) return
    scheduled = true
    ports.clock.soon(takeTurn)
  }

  const takeTurn = (): void => {
    scheduled = false
    if (!stopped) runTick()
  }

  /** A forgetful journal stores nothing, so the outcomes of an event are not needed. */
  const admit = (event: Event, outcomes?: readonly Outcome[]): void => {
    inbox = appended(inbox, event)
    if (ports.forgetful !== true) carried = appended(carried, outcomes)
  }

  const send = (event: Event): void => {
    admit(event)
    schedule()
  }

  const push = (stage: Stage, items: readonly PushedItem[]): void => {
    const waiting = pushed.get(stage.number)
    if (waiting === undefined) pushed.set(stage.number, [...items])
    else waiting.push(...items)
    schedule()
  }

  /** All pushes of one turn to one stage are one event. */
  const admitPushed = (): Pushed[] => {
    const batches: Pushed[] = []
    for (const [number, items] of pushed) {
      const stage = state.stages[number]
      const first = stage.known
      batches.push({ run: state.runs[stage.run].definition.name, first, items, stage: number })
      stow(
        payloads,
        number,
        first,
        items.map(({ key, payload }) => ({ key, payload, version: '', size: 1 })),
      )
      const wishes = wishesOf(items, first)
      admit({
        kind: 'read',
        stage: number,
        first,
        count: items.length,
        cursor: String(first + items.length),
        done: false,
        ...(wishes.length > 0 ? { wishes } : {}),
      })
    }
    pushed = new Map()
    return batches
  }

  const receive = (report: ExecutorEvent): void => {
    if (report.kind === 'log' || report.kind === 'progress') {
      ports.onLog?.(report)
      return
    }
    admit(eventOf(report), report.kind === 'outcomes' ? report.outcomes : undefined)
    schedule()
  }

  const tick = (): number | undefined => {
    const spooled = pushed.size === 0 ? [] : admitPushed()
    const { keepAfter } = ports
    const texts = carried
    const { events, keptIn } =
      keepAfter === undefined
        ? { events: inbox, keptIn: [] }
        : completed(state, payloads, keepAfter, inbox, texts)
    inbox = []
    carried = []
    const now = Math.max(state.now, ports.clock.now() + ahead)
    const { history, isTold } =
      ports.forgetful === true ? noHistory : historyOf(state, now, events, at => texts[at] ?? [])
    const { decisions, actions, kept, wakeAt } = step(state, now, events)
    if (events.length === 0 && decisions.length === 0) state.sequence -= 1
    else if (ports.forgetful !== true)
      append({ now, events, texts, keptIn, decisions, kept, history, isTold, spooled })
    for (const action of actions) performer.perform(action)
    performer.resume()
    ports.onStep?.(events, decisions)
    const snapshot = dueSnapshot(isSnapshotDue)
    if (snapshot !== undefined) ports.journal.snapshot(snapshot)
    return wakeAt
  }

  /** The step's entry, in one commit with all that belongs to it. */
  const append = (entered: Entered): void => {
    const { now, events, texts, keptIn, decisions, kept, history, isTold, spooled } = entered
    const results = resultBatches(state, payloads, kept, (event, at, stage) => {
      const result = keptIn[event]?.get(stage)?.get(at)
      return result === undefined ? texts[event]?.[at] : { result }
    })
    for (const event of events) if (event.kind === 'read') releaseKept(state, payloads, event)
    results.push(...copied)
    copied = []
    const stopped = stoppedBatches(state, now, decisions)
    const body = encodeEntry(now, events, decisions)
    const tellsHistory = isTold && stopped.length === 0
    const entry = { sequence: state.sequence, term: state.term, body, tellsHistory }
    ports.journal.append(entry, results, [...history, ...stopped], spooled)
    for (const { stage, first, items } of spooled) unstow(payloads, stage, first, items.length)
    if (results.length > 0) ports.onResults?.(results)
  }

  const dueSnapshot = (isDue: typeof isSnapshotDue): Snapshot | undefined => {
    const { snapshotEvery: every, journal } = ports
    if (every === 0) return undefined
    const { sequence, term, tasks } = state
    const by = { every, last: journal.snapshotBytes(), tasks: tasks.used }
    if (!isDue(journal.bytesSinceSnapshot(), by)) return undefined
    return { sequence, term, body: encodeState(state) }
  }

  const performer = createPerformer(state, payloads, ports, {
    send,
    background: work => void work.catch(fail),
    keep: results => copied.push(...results),
    isStopped: () => stopped,
  })

  const runTick = (): void => {
    try {
      const wakeAt = tick()
      if (!stopped) ports.clock.wake(wakeAt === undefined ? undefined : wakeAt - ahead, schedule)
    } catch (error) {
      fail(error)
    }
  }

  return {
    state,
    payloads,
    send,
    push,
    receive,
    tick,
    stop() {
      stopped = true
      ports.clock.wake(undefined, () => {})
    },
    fail,
    lastSnapshot: () => (failure === undefined ? dueSnapshot(isSnapshotDueAtClose) : undefined),
    failure: () => failure,
  }
}
