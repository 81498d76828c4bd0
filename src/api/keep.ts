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
  const redone = (run: string): ReadonlySet<string> =>
    withFollowers(job, JSON.parse(host.store.get(redoDocument(run)) ?? '[]') as string[])
  return keeperOf(host.store, lineage(host.store, previous), { redo: redone(name), redone })
}

/** The stages that a run was asked to run again. */
export function rememberRedo(store: Store, run: string, stages: readonly string[]): void {
  store.put(redoDocument(run), JSON.stringify(stages))
}

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

function withFollowers(job: Job, redo: readonly string[]): Set<string> {
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

function keeperOf(
  store: Store,
  previous: readonly string[],
  {
    redo,
    redone,
  }: {
    /** Stages to run again now. */
    readonly redo: ReadonlySet<string>
    /** Stages a previous run was asked to run again: what runs before it had of them is of no use. */
    readonly redone: (run: string) => ReadonlySet<string>
  },
): Keeper {
  const answered = new Map<string, Map<string, { run: string; index: number; version: string }>>()

  const answersOf = (stageName: string) => {
    let known = answered.get(stageName)
    if (known !== undefined) return known
    answered.set(stageName, (known = new Map()))
    for (const run of previous) {
      if (redone(run).has(stageName)) known.clear()
      for (const { index, key, version, state } of store.answered(run, stageName)) {
        if (state === 'done' || state === 'stopped') known.set(key, { run, index, version })
      }
    }
    return known
  }

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
