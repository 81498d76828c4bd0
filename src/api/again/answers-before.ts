import type { Job } from '../../model/job.ts'
import type { ResultState } from '../../port/journal.ts'
import type { Store } from '../../port/store.ts'

/**
 * Where a result is, and the version of what it was made from: of an item of the input as the source has
 * it, of a stage that follows another item by item a hash of the result it took.
 */
export type Answered = { readonly run: string; readonly index: number; readonly version: string }

/** What a run and those it continues made of the items of a stage, by key. */
export type StageBefore = {
  /** The newest result of each. */
  readonly answers: ReadonlyMap<string, Answered>
  /**
   * The outcome in the newest run that ended the item, where that has no result to keep: it failed, or its
   * stage was asked to run again.
   */
  readonly without: ReadonlyMap<string, ResultState>
}

type AnswersBefore = (stage: string) => StageBefore

export function answersBefore(store: Store, previous: string): AnswersBefore {
  const runs = lineage(store, previous).map(name => ({ name, redone: redoOf(store, name) }))
  const known = new Map<string, StageBefore>()
  return stage => {
    let before = known.get(stage)
    if (before === undefined) known.set(stage, (before = stageBefore(store, stage, runs)))
    return before
  }
}

function stageBefore(
  store: Store,
  stage: string,
  runs: readonly { readonly name: string; readonly redone: readonly string[] }[],
): StageBefore {
  const answers = new Map<string, Answered>()
  const without = new Map<string, ResultState>()
  for (const { name: run, redone } of runs) {
    // Stages asked to run again: results of earlier runs do not count for them.
    if (redone.includes(stage)) {
      for (const key of answers.keys()) if (!without.has(key)) without.set(key, 'done')
      answers.clear()
    }
    for (const { index, key, version, state } of store.answered(run, stage)) {
      if (state !== 'done' && state !== 'stopped') {
        without.set(key, state)
        continue
      }
      without.delete(key)
      answers.set(key, { run, index, version })
    }
  }
  return { answers, without }
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
