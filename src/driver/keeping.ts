import { isLive } from '../core/apply/attempt.ts'
import { answered, type Event, type KeptItems, type Outcomes } from '../core/event.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import type { Outcome } from '../port/executor.ts'
import type { ResultBatch } from '../port/journal.ts'
import type { SourceItem } from '../port/source.ts'
import { isFollowed } from './chain.ts'
import { cargoOf, noteInput, type Payloads } from './payloads.ts'

/** Items kept by stage, upstream first, and their results as rows of the new run. */
export type KeptFromBefore = {
  readonly items: readonly KeptItems[]
  readonly results: readonly ResultBatch[]
}

/** A result that has just been made; `position` is that of its outcome. */
export type NewResult = {
  readonly position: number
  readonly key: string
  readonly text: string
}

/** Results of an earlier run that hold again, of one stage; `input`: a hash of what each was made from. */
export type KeptAnswers = {
  readonly stage: number
  readonly answers: readonly (NewResult & { readonly input: string; readonly stopped: boolean })[]
}

/** What a run keeps of those it continues. */
export type Keeper = {
  /** Of items that have just been read. */
  ofItems(
    state: State,
    stage: Stage,
    first: number,
    items: readonly SourceItem[],
  ): Promise<KeptFromBefore | undefined>
  /** Of what follows these results. */
  after(state: State, stage: Stage, results: readonly NewResult[]): readonly KeptAnswers[]
}

export type KeepAfter = (stage: Stage, results: readonly NewResult[]) => readonly KeptAnswers[]

/** Answers of slots with what they allow to be kept of what follows them. */
export function completed(
  state: State,
  payloads: Payloads,
  keepAfter: KeepAfter,
  events: readonly Event[],
  outcomes: readonly (readonly Outcome[] | undefined)[],
): { events: readonly Event[]; keptIn: readonly (TextsKept | undefined)[] } {
  const done = events.map((event, at) =>
    event.kind === 'outcomes'
      ? keptAfter(state, payloads, keepAfter, event, outcomes[at] ?? [])
      : { event, kept: undefined },
  )
  return { events: done.map(({ event }) => event), keptIn: done.map(({ kept }) => kept) }
}

/**
 * What follows a result that came out as in an earlier run is not run again: the answers of a slot are
 * completed with those, in the same event, for they hold only if the answer itself counts.
 */
function keptAfter(
  state: State,
  payloads: Payloads,
  keepAfter: KeepAfter,
  event: Outcomes,
  outcomes: readonly Outcome[],
): { readonly event: Outcomes; readonly kept: TextsKept | undefined } {
  const byStage = new Map<Stage, NewResult[]>()
  outcomes.forEach(({ task, attempt, index, failure, result = 'null' }, position) => {
    if (failure !== undefined || !isLive(state, event, task, attempt)) return
    const stage = state.stages[state.tasks.stage[task]]
    const key = isFollowed(state, stage) ? cargoOf(state, payloads, stage, index)?.key : undefined
    if (key === undefined) return
    const results = byStage.get(stage)
    if (results === undefined) byStage.set(stage, [{ position, key, text: result }])
    else results.push({ position, key, text: result })
  })
  const kept = [...byStage].flatMap(([stage, results]) => keepAfter(stage, results))
  if (kept.length === 0) return { event, kept: undefined }
  for (const { stage, answers } of kept)
    for (const { position, input } of answers)
      noteInput(payloads, stage, outcomes[position].index, input)
  const asEvent = kept.map(({ stage, answers }) => ({
    stage,
    positions: answers.map(({ position }) => position),
    codes: answers.map(({ stopped }) => (stopped ? answered.stopped : answered.done)),
  }))
  return { event: { ...event, kept: asEvent }, kept: textsOf(kept) }
}

/** The results kept with one event, by stage and position. */
export type TextsKept = ReadonlyMap<number, ReadonlyMap<number, string>>

const textsOf = (kept: readonly KeptAnswers[]): TextsKept =>
  new Map(
    kept.map(({ stage, answers }) => [
      stage,
      new Map(answers.map(({ position, text }) => [position, text])),
    ]),
  )
