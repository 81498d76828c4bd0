import type { Job } from '../model/job.ts'
import type { Store } from '../port/store.ts'

/**
 * Where a result is, and the version of what it was made from: of an item of the input as the source has
 * it, of a stage that follows another item by item a hash of the result it took.
 */
export type Answered = { readonly run: string; readonly index: number; readonly version: string }

/** What a run and those it continues answered of a stage, by key. */
export type AnswersBefore = (stage: string) => ReadonlyMap<string, Answered>

export function answersBefore(store: Store, previous: string): AnswersBefore {
  const runs = lineage(store, previous).map(name => ({
    name,
    redone: new Set(redoOf(store, name)),
  }))
  const answered = new Map<string, Map<string, Answered>>()
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

export const redoOf = (store: Store, run: string): string[] =>
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
