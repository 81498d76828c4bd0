import { type Written, writeOutput } from '../adapter/output/write-output.ts'
import { OutputError } from '../adapter/output/output-error.ts'
import { DONE, STOPPED } from '../core/items.ts'
import type { Run } from '../core/run.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { JournalError } from '../port/journal-error.ts'
import type { Store } from '../port/store.ts'
import type { Attached } from './attached.ts'
import { isUnusable } from './unusable.ts'
import { topResults } from './whole-answers.ts'

/** Outputs are projections of committed results, written whole at the end. Answers a problem, if any. */
export async function writeOutputs(
  state: State,
  store: Store,
  run: Run,
  found: Attached,
): Promise<string | undefined> {
  if (isUnusable(run) && !hasResult(state, run)) return undefined
  const { name } = run.definition
  const before = writtenBefore(store, name)
  const written: Written[] = []
  try {
    found.unwritten = undefined
    for (const spec of found.job.stages) {
      if (spec.output === undefined) continue
      const stage = run.stages
        .map(at => state.stages[at])
        .find(at => at.definition.name === spec.name && at.root === at.number)
      if (stage === undefined || !hasBegun(stage)) continue
      written.push(await writeOutput(spec.output, topResults(state, store, stage), before))
    }
    remember(store, run, written)
    return refusedInWords(written)
  } catch (error) {
    // A damaged directory stops the node; an output file that cannot be written fails only the run.
    if (error instanceof JournalError) throw error
    if (error instanceof OutputError) found.unwritten = error
    remember(store, run, written)
    return error instanceof Error ? error.message : String(error)
  }
}

function remember(store: Store, { definition }: Run, written: readonly Written[]): void {
  if (written.length > 0) store.put(documentOf(definition.name), JSON.stringify(written))
}

/** What a run has written, told when it ended; also to whoever asks later. */
export function writtenBy(store: Store, run: string): Written[] {
  return JSON.parse(store.get(documentOf(run)) ?? '[]') as Written[]
}

/** What was written by this run, when it ended before, and by the last one before it that wrote anything. */
function writtenBefore(store: Store, run: string): Written[] {
  const own = writtenBy(store, run)
  for (let at = store.run(run)?.previous; at !== undefined; at = store.run(at)?.previous) {
    const earlier = writtenBy(store, at)
    if (earlier.length > 0) return [...own, ...earlier]
  }
  return own
}

const documentOf = (run: string): string => `written:${run}`

/** A run that could not even begin leaves the files of an earlier one as they are. */
function hasResult(state: State, run: Run): boolean {
  return run.stages.some(number => {
    const { counts } = state.stages[number].items
    return counts[DONE] + counts[STOPPED] > 0
  })
}

/** Of a stage that a stopped run never came to, the file of an earlier run is worth more than an empty one. */
const hasBegun = ({ complete, known }: Stage): boolean => complete || known > 0

/** Items that are done but could not be written where their key said: the run must not pass for done. */
function refusedInWords(written: readonly Written[]): string | undefined {
  const count = written.reduce((sum, { refusedCount }) => sum + refusedCount, 0)
  const first = written.flatMap(({ refused }) => refused)[0]
  if (count === 0 || first === undefined) return undefined
  return `${count} of its results could not be written; the first: ${first.key}: ${first.reason}`
}
