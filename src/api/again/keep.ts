import type { KeptItems } from '../../core/event.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import type { Job } from '../../model/job.ts'
import type { Keeper, KeptAnswers, NewResult } from '../../driver/keeping.ts'
import type { ResultBatch } from '../../port/journal.ts'
import type { SourceItem } from '../../port/source.ts'
import type { Store, StoredResult } from '../../port/store.ts'
import { hash64 } from '../../std/hash64.ts'
import { type Answered, redoOf } from './answers-before.ts'
import type { Host } from '../host.ts'
import { type StillHolds, stillHolds } from './still-holds.ts'

/**
 * What a new run may keep of the runs it continues: an item's result, where the key is known, what it
 * was made from is the same, and nobody asked for that stage again. That is asked when an item is read,
 * and again when it has run: what follows a result that came out as before need not run for it.
 * After an interruption it is the same as before it.
 */
export function keeperFor(host: Host, job: Job, name: string): Keeper | undefined {
  const previous = host.store.run(name)?.previous
  if (previous === undefined) return undefined
  const redo = redoOf(host.store, name)
  return keeperOf(host.store, stillHolds(host.store, job, { previous, redo }))
}

/** A kept item: its position among those read, and the version of what it is made from now. */
type Kept = {
  readonly position: number
  readonly version: string
  readonly place: Answered
  readonly stored: StoredResult
}

export function keeperOf(store: Store, holds: StillHolds): Keeper {
  const stored = (stage: string, key: string, { run, index }: Answered): StoredResult => {
    const result = store.result(run, stage, index)
    if (result === undefined) throw new Error(`the kept result of ${key} in ${stage} is missing`)
    return result
  }
  return {
    async ofItems(state, stage, first, items) {
      const kept: KeptItems[] = []
      const results: ResultBatch[] = []
      const run = state.runs[stage.run].definition.name
      const keepAll = (at: Stage, found: readonly Kept[]): void => {
        if (found.length === 0) return
        const { name } = at.definition
        const early = found.filter(({ stored }) => stored.state === 'stopped')
        const indexes = (of: readonly Kept[]) => of.map(({ position }) => first + position)
        kept.push({
          ...{ stage: at.number, items: indexes(found) },
          ...(early.length === 0 ? {} : { stopped: indexes(early) }),
        })
        results.push(copies({ run, stage: name, first, items }, found))
        for (const next of followersOf(state, at)) keepAll(next, following(next, found))
      }
      const following = ({ definition: { name } }: Stage, from: readonly Kept[]): Kept[] =>
        from.flatMap(({ position, place, stored: { payload } }) => {
          const { key } = items[position]
          const found = holds.ofResult(name, key, { text: () => payload, run: place.run })
          if (found === undefined) return []
          const version = hash64(payload)
          return [{ position, version, place: found, stored: stored(name, key, found) }]
        })
      const { name, link } = stage.definition
      const found: Kept[] = []
      for (const [position, item] of items.entries()) {
        const asked = holds.ofItem(name, item, link.kind === 'source' ? 'source' : 'groups')
        const held = asked instanceof Promise ? await asked : asked
        if (held !== undefined)
          found.push({ ...held, position, stored: stored(name, item.key, held.place) })
      }
      keepAll(stage, found)
      return kept.length === 0 ? undefined : { items: kept, results }
    },
    after(state, stage, results) {
      const kept: KeptAnswers[] = []
      const keepAfter = (at: Stage, made: readonly NewResult[]): void => {
        for (const next of followersOf(state, at)) {
          const { name } = next.definition
          const answers = made.flatMap(({ position, key, text: input }) => {
            const found = holds.ofResult(name, key, { text: () => input })
            if (found === undefined) return []
            const { state: ended, payload } = stored(name, key, found)
            return [
              { position, key, text: payload, input: hash64(input), stopped: ended === 'stopped' },
            ]
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

const followersOf = (state: State, { downstream }: Stage): Stage[] =>
  downstream
    .map(number => state.stages[number])
    .filter(({ definition }) => definition.link.kind === 'item')

function copies(
  to: Pick<ResultBatch, 'run' | 'stage'> & {
    readonly first: number
    readonly items: readonly SourceItem[]
  },
  found: readonly Kept[],
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
