import { CANCELLED, DONE, endedCount, FAILED, SKIPPED, STOPPED } from '../../core/items.ts'
import { decodeState, encodeState } from '../../core/snapshot.ts'
import { isLive } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import { replay } from '../../core/step.ts'
import type { Job, StageSpec } from '../../model/job.ts'
import type { SourceItem } from '../../port/source.ts'
import type { Store } from '../../port/store.ts'
import { type Answered, lineage } from './answers-before.ts'
import type { Host } from '../host.ts'
import { openInput, readThrough } from '../job-input.ts'
import type { Plan } from './plan-submission.ts'
import { type StillHolds, stillHolds } from './still-holds.ts'
import { stagesOf } from '../view.ts'

/**
 * What a submission would keep of a stage and what it would run, in items. Each item is counted once: kept,
 * undecided, or in `runs`; those that run are split into what is given below them.
 */
export type StageOutlook = {
  readonly stage: string
  readonly kept: number
  readonly runs: number
  /** Kept if what they follow, which runs again, comes out as before; else they run too. */
  readonly undecided?: number
  /** Of those that run: a known key with other content, or made from a result that is another now. */
  readonly changed?: number
  /** Of those that run: a known key whose stage is asked for again. */
  readonly redone?: number
  /** Of those that run: items that ended without a result in the last run. */
  readonly failed?: number
  readonly skipped?: number
  readonly cancelled?: number
  /** Of those that run: a key that no run has ended. */
  readonly fresh?: number
  /** Ended in the last run and no longer in the input. */
  readonly gone?: number
  /** Ended without a result and not tried again: unreadable, or within `tolerate`, or after such an item. */
  readonly left?: number
  /** Not counted by item: it runs again, as far as what it takes has changed, or for the first time. */
  readonly whole?: 'again' | 'changed' | 'first'
  /** More items come with what is not read yet. */
  readonly unread?: true
}

export type Outlook = {
  readonly stages: readonly StageOutlook[]
  /** The input was longer than one question may read: counts are of so many items. */
  readonly cutAt?: number
  /** The last run did not come to all of its items: those may be among the `fresh` ones. */
  readonly partial?: true
}

/** A look-up that changes nothing. `undefined` where only a run can tell: a new one, standard input, a stream. */
export async function outlookOf(host: Host, job: Job, plan: Plan): Promise<Outlook | undefined> {
  if (plan.kind === 'goOn') return { stages: goingOn(host, plan.run) }
  if (plan.kind !== 'continue' || job.input.kind === 'stdin' || job.input.kind === 'open')
    return undefined
  return continuing(host, job, plan)
}

/** Worked out by the core itself, on a copy of its state. */
function goingOn({ state, store, runNamed }: Host, name: string): StageOutlook[] {
  const run = runNamed(name)
  if (run === undefined) return []
  const later = decodeState(encodeState(state))
  const event = { kind: isLive(run) ? 'goOn' : 'retryFailed', run: run.number } as const
  replay(later, state.now, [event], [])
  return stagesOf({ state, store, payloads: undefined, owned: true }, run).map(now =>
    afterGoingOn(now, later.stages[now.number]),
  )
}

function afterGoingOn(now: Stage, { items, known, complete }: Stage): StageOutlook {
  const { name: stage, link } = now.definition
  const isChained = link.kind === 'source' || link.kind === 'item'
  if (known === 0 && (!isChained || now.known > 0))
    return { stage, kept: 0, runs: 0, whole: now.known > 0 ? 'again' : 'first' }
  const counts = (of: Stage['items']) => ({
    failed: of.counts[FAILED],
    skipped: of.counts[SKIPPED],
    cancelled: of.counts[CANCELLED],
  })
  const [before, after] = [counts(now.items), counts(items)]
  return {
    stage,
    kept: items.counts[DONE] + items.counts[STOPPED],
    runs: known - endedCount(items),
    failed: before.failed - after.failed,
    skipped: before.skipped - after.skipped,
    cancelled: before.cancelled - after.cancelled,
    left: after.failed + after.skipped + after.cancelled,
    ...(complete || !isChained ? {} : { unread: true as const }),
  }
}

const noItems = () => ({
  kept: 0,
  undecided: 0,
  changed: 0,
  redone: 0,
  failed: 0,
  skipped: 0,
  cancelled: 0,
  fresh: 0,
})

type Counting = {
  readonly job: Job
  readonly store: Store
  readonly holds: StillHolds
  readonly counts: ReadonlyMap<string, ReturnType<typeof noItems>>
}

async function continuing(
  host: Host,
  job: Job,
  plan: Extract<Plan, { kind: 'continue' }>,
): Promise<Outlook> {
  const { store } = host
  const holds = stillHolds(store, job, plan)
  const counts = new Map(job.stages.map(({ name }) => [name, noItems()]))
  const heads = job.stages.filter(({ after, kind }) => after.length === 0 && kind === 'map')
  const seen = new Set<string>()
  const source = openInput(job, host)
  const { items, cut } = await readThrough(source, async item => {
    seen.add(item.key)
    for (const { name } of heads) {
      const held = await holds.ofItem(name, item, 'source')
      count({ job, store, holds, counts }, name, item, held?.place)
    }
    return false
  }).finally(() => source.close())
  const stages = job.stages.map((stage): StageOutlook => {
    const { name } = stage
    const whole = wholeOf(job, stage, holds)
    if (whole !== undefined) return { stage: name, kept: 0, runs: 0, whole }
    const { kept, undecided, ...running } = counts.get(name) as ReturnType<typeof noItems>
    const runs = Object.values(running).reduce((sum, items) => sum + items, 0)
    const had = heads.includes(stage) && !cut ? keysBefore(host, plan.previous, name) : []
    const gone = [...had].filter(key => !seen.has(key)).length
    return { stage: name, kept, runs, undecided, ...running, gone }
  })
  return {
    stages,
    ...(cut ? { cutAt: items } : {}),
    ...(isPartial(host, plan.previous) ? { partial: true as const } : {}),
  }
}

/** What the last run had of a stage; of one that broke off also what those before it had, back to a whole one. */
function keysBefore(host: Host, previous: string, stage: string): Set<string> {
  const keys = new Set<string>()
  for (const run of lineage(host.store, previous).reverse()) {
    for (const { key } of host.store.answered(run, stage)) keys.add(key)
    if (!isPartial(host, run)) break
  }
  return keys
}

/** One item in a stage and in those that take its result; `held`: what is kept of it there. */
function count(by: Counting, stage: string, item: SourceItem, held: Answered | undefined): void {
  const counts = by.counts.get(stage) as ReturnType<typeof noItems>
  counts[held === undefined ? whyRuns(by.holds, stage, item.key) : 'kept'] += 1
  for (const { name, kind, after } of by.job.stages) {
    if (kind !== 'map' || after[0] !== stage) continue
    if (held === undefined) countUndecided(by, name, item)
    else {
      const text = () => payloadAt(by.store, stage, held)
      const next = by.holds.ofResult(name, item.key, { text, run: held.run })
      count(by, name, item, next)
    }
  }
}

/** What follows a result that is yet to come. */
function countUndecided(by: Counting, stage: string, item: SourceItem): void {
  const { holds } = by
  const mayHold = item.problem === undefined && !holds.isRedone(stage)
  const counts = by.counts.get(stage) as ReturnType<typeof noItems>
  const isAnswered = holds.before(stage).answers.has(item.key)
  counts[mayHold && isAnswered ? 'undecided' : whyRuns(holds, stage, item.key)] += 1
  for (const { name, kind, after } of by.job.stages)
    if (kind === 'map' && after[0] === stage) countUndecided(by, name, item)
}

function whyRuns(holds: StillHolds, stage: string, key: string) {
  const { answers, without } = holds.before(stage)
  const ended = without.get(key)
  if (ended === 'failed' || ended === 'skipped' || ended === 'cancelled') return ended
  if (ended === undefined && !answers.has(key)) return 'fresh'
  return holds.isRedone(stage) ? 'redone' : 'changed'
}

function payloadAt(store: Store, stage: string, { run, index }: Answered): string {
  const stored = store.result(run, stage, index)
  if (stored === undefined) throw new Error(`the kept result ${index} of ${stage} is missing`)
  return stored.payload
}

/** Of a stage that gathers, and of what follows one item by item: its keys are yet to come. */
function wholeOf(job: Job, stage: StageSpec, holds: StillHolds): StageOutlook['whole'] {
  let head = stage
  while (head.kind === 'map' && head.after.length > 0)
    head = job.stages.find(({ name }) => name === head.after[0]) as StageSpec
  if (head.kind === 'map') return undefined
  const isTree = stage.kind === 'reduce' && stage.gather.kind === 'tree'
  return isTree || holds.isRedone(stage.name) ? 'again' : 'changed'
}

function isPartial({ state, runNamed }: Host, name: string): boolean {
  const stages = runNamed(name)?.stages.map(number => state.stages[number]) ?? []
  return stages.some(
    ({ definition: { link }, complete, items, known }) =>
      link.kind === 'source' && (!complete || endedCount(items) < known),
  )
}
