import type { Stage, State } from '../core/state.ts'
import type { KeptFromBefore } from '../driver/loop.ts'
import type { Job } from '../model/job.ts'
import type { ResultBatch } from '../port/journal.ts'
import type { SourceItem } from '../port/source.ts'
import type { Store } from '../port/store.ts'
import type { Host } from './host.ts'

/**
 * What a new run may keep of the runs it continues: an item's result, where the key is known, the
 * version is the same and nobody asked for that stage again. Down a chain of item links a stage's
 * result is kept only if the one before it was.
 */
export type Keeper = (
  state: State,
  stage: Stage,
  first: number,
  items: readonly SourceItem[],
) => KeptFromBefore | undefined

/** What a run that continues another may keep of it; after an interruption the same as before it. */
export function keeperFor(host: Host, job: Job, name: string): Keeper | undefined {
  const previous = host.store.run(name)?.previous
  if (previous === undefined) return undefined
  const redo = withFollowers(job, redoOf(host.store, name))
  return keeperOf(host.store, redo, answersBefore(host.store, job, previous))
}

/** What a run and those it continues answered of a stage: by key, where its result is and of which version. */
export type AnswersBefore = (
  stage: string,
) => ReadonlyMap<string, { readonly run: string; readonly index: number; readonly version: string }>

export function answersBefore(store: Store, job: Job, previous: string): AnswersBefore {
  const runs = lineage(store, previous).map(name => ({
    name,
    redone: withFollowers(job, redoOf(store, name)),
  }))
  const answered = new Map<string, Map<string, { run: string; index: number; version: string }>>()
  return stage => {
    let known = answered.get(stage)
    if (known !== undefined) return known
    answered.set(stage, (known = new Map()))
    for (const { name: run, redone } of runs) {
      // What was asked for anew: what runs before had of it is of no use.
      if (redone.has(stage)) known.clear()
      for (const { index, key, version, state } of store.answered(run, stage)) {
        if (state === 'done' || state === 'stopped') known.set(key, { run, index, version })
      }
    }
    return known
  }
}

/** The stages that a run was asked to run again. */
export function rememberRedo(store: Store, run: string, stages: readonly string[]): void {
  store.put(redoDocument(run), JSON.stringify(stages))
}

const redoOf = (store: Store, run: string): string[] =>
  JSON.parse(store.get(redoDocument(run)) ?? '[]') as string[]

const redoDocument = (run: string): string => `redo:${run}`

/** A run and the runs it kept results of, oldest first. */
export function lineage(store: Store, name: string): string[] {
  const names: string[] = []
  for (
    let at: string | undefined = name;
    at !== undefined && !names.includes(at);
    at = store.run(at)?.previous
  )
    names.unshift(at)
  return names
}

/** Stages and all that follow them. */
export function withFollowers(job: Job, redo: readonly string[]): Set<string> {
  const all = new Set(redo)
  for (let grown = true; grown; ) {
    grown = false
    for (const stage of job.stages) {
      if (all.has(stage.name) || !stage.after.some(name => all.has(name))) continue
      all.add(stage.name)
      grown = true
    }
  }
  return all
}

function keeperOf(store: Store, redo: ReadonlySet<string>, answersOf: AnswersBefore): Keeper {
  return (state, stage, first, items) => {
    const kept: { stage: number; items: number[] }[] = []
    const results: ResultBatch[] = []
    const run = state.runs[stage.run].definition.name
    const keepFrom = (at: Stage, positions: readonly number[]): void => {
      const { name } = at.definition
      if (redo.has(name)) return
      const known = answersOf(name)
      const same = positions.filter(
        position => known.get(items[position].key)?.version === items[position].version,
      )
      if (same.length === 0) return
      kept.push({ stage: at.number, items: same.map(position => first + position) })
      results.push(copyResults(store, { run, stage: name, first, positions: same, items, known }))
      for (const number of at.downstream) {
        const next = state.stages[number]
        if (next.definition.link.kind === 'item') keepFrom(next, same)
      }
    }
    const readable = items.map((_, at) => at).filter(at => items[at].problem === undefined)
    keepFrom(stage, readable)
    return kept.length === 0 ? undefined : { items: kept, results }
  }
}

function copyResults(
  store: Store,
  from: {
    readonly run: string
    readonly stage: string
    readonly first: number
    readonly positions: readonly number[]
    readonly items: readonly SourceItem[]
    readonly known: ReadonlyMap<string, { readonly run: string; readonly index: number }>
  },
): ResultBatch {
  const batch = {
    run: from.run,
    stage: from.stage,
    indexes: [] as number[],
    keys: [] as string[],
    versions: [] as string[],
    states: [] as ResultBatch['states'][number][],
    payloads: [] as string[],
  }
  for (const position of from.positions) {
    const { key, version } = from.items[position]
    const place = from.known.get(key)
    const stored =
      place === undefined ? undefined : store.result(place.run, from.stage, place.index)
    if (stored === undefined)
      throw new Error(`the kept result of ${key} in ${from.stage} is missing`)
    batch.indexes.push(from.first + position)
    batch.keys.push(key)
    batch.versions.push(version)
    batch.states.push(stored.state)
    batch.payloads.push(stored.payload)
  }
  return batch
}
