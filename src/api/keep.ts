import type { KeptItems } from '../core/event.ts'
import type { Stage, State } from '../core/state.ts'
import type { Job } from '../model/job.ts'
import type { KeptAnswers, KeptFromBefore, NewResult } from '../driver/keeping.ts'
import type { ResultBatch } from '../port/journal.ts'
import type { SourceItem } from '../port/source.ts'
import type { Store, StoredResult } from '../port/store.ts'
import { hash64 } from '../std/hash64.ts'
import { type Answered, type AnswersBefore, answersBefore, redoOf } from './answers-before.ts'
import type { Host } from './host.ts'
import { equalVersion, type SameVersion, sameVersion } from './same-version.ts'

/**
 * What a new run may keep of the runs it continues: an item's result, where the key is known, what it
 * was made from is the same, and nobody asked for that stage again. That is asked when an item is read,
 * and again when it has run: what follows a result that came out as before need not run for it.
 */
export type Keeper = {
  ofItems(
    state: State,
    stage: Stage,
    first: number,
    items: readonly SourceItem[],
  ): Promise<KeptFromBefore | undefined>
  after(state: State, stage: Stage, results: readonly NewResult[]): readonly KeptAnswers[]
}

/** What a run that continues another may keep of it; after an interruption the same as before it. */
export function keeperFor(host: Host, job: Job, name: string): Keeper | undefined {
  const previous = host.store.run(name)?.previous
  if (previous === undefined) return undefined
  const answers = answersBefore(host.store, previous)
  const redo = new Set(redoOf(host.store, name))
  return keeperOf(host.store, stage => (redo.has(stage) ? NONE : answers(stage)), sameVersion(job))
}

const NONE: ReadonlyMap<string, Answered> = new Map()

/** An item that may be kept: where it is among those read, and what it would be made from now. */
type Candidate = {
  readonly position: number
  readonly version: string
  /** The version that its result of before must have. */
  readonly was: string
  /** Of what it follows: the run that answered it. */
  readonly from?: string
}

type Found = Candidate & { readonly place: Answered; readonly stored: StoredResult }

function keeperOf(store: Store, answersOf: AnswersBefore, isSame: SameVersion): Keeper {
  const find = (stage: string, key: string, isSame: (place: Answered) => boolean) => {
    const place = answersOf(stage).get(key)
    if (place === undefined || !isSame(place)) return undefined
    const stored = store.result(place.run, stage, place.index)
    if (stored === undefined) throw new Error(`the kept result of ${key} in ${stage} is missing`)
    return { place, stored }
  }
  return {
    async ofItems(state, stage, first, items) {
      const kept: KeptItems[] = []
      const results: ResultBatch[] = []
      const run = state.runs[stage.run].definition.name
      const keepFrom = (at: Stage, candidates: readonly Candidate[]): void => {
        const { name } = at.definition
        const found = candidates.flatMap((candidate): Found[] => {
          const item = items[candidate.position]
          const was = find(name, item.key, place => isSameAs(place, candidate, item.version))
          return was === undefined ? [] : [{ ...candidate, ...was }]
        })
        if (found.length === 0) return
        const early = found.filter(({ stored }) => stored.state === 'stopped')
        const indexes = (of: readonly Found[]) => of.map(({ position }) => first + position)
        kept.push({
          ...{ stage: at.number, items: indexes(found) },
          ...(early.length === 0 ? {} : { stopped: indexes(early) }),
        })
        results.push(copies({ run, stage: name, first, items }, found))
        for (const next of followersOf(state, at)) keepFrom(next, found.map(asInput))
      }
      const { name, link } = stage.definition
      const ofSource = link.kind === 'source'
      const readable: Candidate[] = []
      for (const [position, item] of items.entries()) {
        const known = item.problem === undefined ? answersOf(name).get(item.key) : undefined
        if (known === undefined) continue
        const same = ofSource ? isSame(known.version, item) : equalVersion(known.version, item)
        const version = typeof same === 'object' ? await same : same
        if (version !== undefined) readable.push({ position, version, was: known.version })
      }
      keepFrom(stage, readable)
      return kept.length === 0 ? undefined : { items: kept, results }
    },
    after(state, stage, results) {
      const kept: KeptAnswers[] = []
      const keepAfter = (at: Stage, made: readonly NewResult[]): void => {
        for (const next of followersOf(state, at)) {
          const answers = made.flatMap(({ position, key, text }) => {
            const input = hash64(text)
            const was = find(next.definition.name, key, ({ version }) => version === input)
            if (was === undefined) return []
            const stopped = was.stored.state === 'stopped'
            return [{ position, key, text: was.stored.payload, input, stopped }]
          })
          if (answers.length === 0) continue
          kept.push({ stage: next.number, answers })
          keepAfter(next, answers)
        }
      }
      keepAfter(stage, results)
      return kept
    },
  }
}

/**
 * Made from the same. Directories of dray 0.1 have the item's version in stages after the first too; within
 * one run that says the same.
 */
const isSameAs = (place: Answered, { was, from }: Candidate, ofItem: string): boolean =>
  place.version === was || (place.run === from && place.version === ofItem)

function asInput({ position, place, stored }: Found): Candidate {
  const version = hash64(stored.payload)
  return { position, version, was: version, from: place.run }
}

const followersOf = (state: State, { downstream }: Stage): Stage[] =>
  downstream
    .map(number => state.stages[number])
    .filter(({ definition }) => definition.link.kind === 'item')

function copies(
  to: Pick<ResultBatch, 'run' | 'stage'> & {
    readonly first: number
    readonly items: readonly SourceItem[]
  },
  found: readonly Found[],
): ResultBatch {
  return {
    run: to.run,
    stage: to.stage,
    indexes: found.map(({ position }) => to.first + position),
    keys: found.map(({ position }) => to.items[position].key),
    versions: found.map(({ version }) => version),
    states: found.map(({ stored }) => stored.state),
    payloads: found.map(({ stored }) => stored.payload),
  }
}
