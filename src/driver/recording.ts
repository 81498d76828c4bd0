import { answered, type Kept, type Outcomes } from '../core/event.ts'
import { isLive } from '../core/apply/attempt.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import type { Outcome } from '../port/executor.ts'
import type { HistoryBatch, ResultBatch } from '../port/journal.ts'
import { cargoOf, retain, takeVersion, type Payloads } from './payloads.ts'
import { release } from './release.ts'
import { runName, storedName } from './stored-name.ts'

/**
 * Answers, one at least, as the core wants them: without the results, which it must not see. Columns begin with
 * the first answer, which is often the only one, and are pushed to: V8 writes the JSON of arrays that are made with
 * their length far slower, and empty ones that grow take room for seventeen.
 */
export function toEvent(machine: number, slot: number, outcomes: readonly Outcome[]): Outcomes {
  const event = eventOf(machine, slot, outcomes[0])
  for (let at = 1; at < outcomes.length; at += 1) {
    const outcome = outcomes[at]
    event.tasks.push(outcome.task)
    event.attempts.push(outcome.attempt)
    event.indexes.push(outcome.index)
    event.codes.push(codeOf(outcome))
    event.micros.push(outcome.micros)
    if (outcome.peakBytes > event.peakBytes) event.peakBytes = outcome.peakBytes
    if (outcome.failure !== undefined) event.failures.push(outcome.failure)
  }
  return event
}

function eventOf(machine: number, slot: number, first: Outcome) {
  return {
    kind: 'outcomes' as const,
    machine,
    slot,
    tasks: [first.task],
    attempts: [first.attempt],
    indexes: [first.index],
    codes: [codeOf(first)],
    micros: [first.micros],
    peakBytes: first.peakBytes,
    failures: first.failure === undefined ? [] : [first.failure],
  }
}

function codeOf({ failure, stopped }: Outcome): number {
  if (failure !== undefined) return answered.failed
  return stopped === true ? answered.stopped : answered.done
}

/** The step's final answers as rows for the result table; payloads nobody needs any more are let go. */
export function resultBatches(
  state: State,
  payloads: Payloads,
  kept: readonly Kept[],
  answerOf: (
    event: number,
    position: number,
    stage: number,
  ) => Pick<Outcome, 'result' | 'content'> | undefined,
): ResultBatch[] {
  const batches: ResultBatch[] = []
  for (const { stage: number, indexes, positions, events, states, failures } of kept) {
    const stage = state.stages[number]
    const keys = new Array<string>(indexes.length)
    const versions = new Array<string>(indexes.length)
    const texts = new Array<string>(indexes.length)
    for (let at = 0; at < indexes.length; at += 1) {
      const index = indexes[at]
      const cargo = cargoOf(state, payloads, stage, index)
      keys[at] = cargo?.key ?? unknownKey(stage, index)
      const failure = failures[at]
      const answer = positions[at] < 0 ? undefined : answerOf(events[at], positions[at], number)
      const version = withContent(cargo?.version ?? '', answer?.content)
      versions[at] = takeVersion(payloads, stage, index, version)
      texts[at] = failure !== undefined ? JSON.stringify(failure) : (answer?.result ?? 'null')
      if (failure === undefined) retain(state, payloads, stage, index, texts[at])
    }
    batches.push({
      run: runName(state, stage),
      stage: storedName(state, stage),
      indexes,
      keys,
      versions,
      states,
      payloads: texts,
    })
  }
  // Only now: an item may have ended in several stages, and each needed its key.
  for (const { stage: number, indexes } of kept)
    for (const index of indexes) release(state, payloads, state.stages[number], index)
  return batches
}

/** A stage that was skipped before it gathered stands for all it would have gathered. */
const unknownKey = ({ definition, upstream }: Stage, index: number): string =>
  definition.link.kind === 'gather' && upstream >= 0 ? 'all' : String(index)

/** If the file changed between reading and running, only the version that the source gave counts. */
const withContent = (version: string, content: string | undefined): string =>
  content?.startsWith(`${version}-`) ? content : version

type Columns = {
  -readonly [K in keyof HistoryBatch]: HistoryBatch[K] extends readonly (infer T)[]
    ? T[]
    : HistoryBatch[K]
}

/** By attempt, the item that it answered last in a step's earlier events: the core has counted none of these yet. */
export type AnsweredBefore = Map<number, number>

/**
 * What ran where and when, from the answers of live attempts; call before the core is stepped. Runs
 * of quick successes in one message become one entry: a history row must cost less than its task.
 */
export function historyBatches(
  state: State,
  now: number,
  event: Outcomes,
  outcomes: readonly Outcome[],
  before: AnsweredBefore,
): HistoryBatch[] {
  const { tasks } = state
  const machine = state.machines[event.machine].definition.id
  let batch: Columns | undefined
  let batchStage = -1
  let lastAttempt = -1
  let lastIndex = -1
  let end = now
  for (const outcome of outcomes) end -= outcome.micros
  const batches: HistoryBatch[] = []
  for (const outcome of outcomes) {
    const start = end
    end += outcome.micros
    const { task, attempt, index } = outcome
    const known = attempt === lastAttempt ? lastIndex : before.get(attempt)
    const next = known === undefined ? nextIndex(state, task) : known + 1
    if (index !== next || !isLive(state, event, task, attempt)) continue
    lastAttempt = attempt
    lastIndex = index
    const stage = state.stages[tasks.stage[task]]
    if (batch === undefined || batchStage !== stage.number) {
      batch = emptyHistory(runName(state, stage), storedName(state, stage))
      batches.push(batch)
      batchStage = stage.number
    }
    const last = batch.counts.length - 1
    const quick = outcome.failure === undefined && outcome.micros < 1_000
    const isNext = last >= 0 && index === batch.indexes[last] + batch.counts[last]
    if (quick && isNext && batch.outcomes[last] === 'done' && batch.ends[last] === start) {
      batch.counts[last] += 1
      batch.ends[last] = end
      batch.cpuMicros[last] += outcome.cpuMicros
      batch.peakBytes[last] = Math.max(batch.peakBytes[last], outcome.peakBytes)
      batch.sizes[last] += tasks.size[task] / tasks.count[task]
      continue
    }
    batch.attempts.push(attempt)
    batch.indexes.push(index)
    batch.counts.push(1)
    batch.machines.push(machine)
    batch.slots.push(event.slot)
    batch.starts.push(start)
    batch.ends.push(end)
    batch.cpuMicros.push(outcome.cpuMicros)
    batch.peakBytes.push(outcome.peakBytes)
    batch.sizes.push(tasks.size[task] / tasks.count[task])
    batch.outcomes.push(outcome.failure?.kind ?? 'done')
  }
  // Of a slot's answers only the last attempt's may go on in its next message.
  if (lastAttempt >= 0) before.set(lastAttempt, lastIndex)
  return batches
}

/** The first item of a task that has no answer. */
const nextIndex = ({ tasks }: State, task: number): number =>
  tasks.first[task] + tasks.count[task] - tasks.left[task]

function emptyHistory(run: string, stage: string): Columns {
  return {
    run,
    stage,
    attempts: [],
    indexes: [],
    counts: [],
    machines: [],
    slots: [],
    starts: [],
    ends: [],
    cpuMicros: [],
    peakBytes: [],
    sizes: [],
    outcomes: [],
  }
}
