import { DONE, STOPPED } from '../core/items.ts'
import type { Job, StageSpec } from '../model/job.ts'
import type { SourceItem } from '../port/source.ts'
import type { Store } from '../port/store.ts'
import { hash64 } from '../std/hash64.ts'
import type { Host } from './host.ts'
import { openInput, readThrough } from './job-input.ts'
import { type Answered, type AnswersBefore, answersBefore } from './answers-before.ts'
import { sameVersion } from './same-version.ts'
import type { Plan } from './plan-submission.ts'
import { stagesOf } from './view.ts'

/** What a submission would keep of a stage and what it would run, in items. */
export type StageOutlook = {
  readonly stage: string
  readonly kept: number
  readonly runs: number
  /** Kept if what they follow, which runs again, comes out as before; else they run too. */
  readonly undecided?: number
  /** Of those that run: a known key with other content, and a key never seen. */
  readonly changed?: number
  readonly fresh?: number
  /** Answered before and no longer in the input. */
  readonly gone?: number
}

export type Outlook = {
  readonly stages: readonly StageOutlook[]
  /** The input was longer than one question may read: counts are of so many items. */
  readonly cutAt?: number
}

/** Looked up, nothing changed; `undefined` where only a run can tell: a new one, standard input, a stream. */
export async function outlookOf(host: Host, job: Job, plan: Plan): Promise<Outlook | undefined> {
  if (plan.kind === 'goOn') return { stages: goingOn(host, plan.run) }
  if (plan.kind !== 'continue' || job.input.kind === 'stdin' || job.input.kind === 'open')
    return undefined
  return continuing(host, job, plan)
}

function goingOn(host: Host, name: string): StageOutlook[] {
  const run = host.runNamed(name)
  if (run === undefined) return []
  const view = { state: host.state, store: host.store, payloads: undefined, owned: true }
  return stagesOf(view, run).map(({ definition, items, known }) => {
    const kept = items.counts[DONE] + items.counts[STOPPED]
    return { stage: definition.name, kept, runs: known - kept }
  })
}

type Counts = { kept: number; undecided: number; changed: number; fresh: number }

type Known = {
  readonly store: Store
  readonly answers: AnswersBefore
  readonly redo: ReadonlySet<string>
  readonly counts: ReadonlyMap<string, Counts>
}

async function continuing(
  host: Host,
  job: Job,
  plan: Extract<Plan, { kind: 'continue' }>,
): Promise<Outlook> {
  const { store } = host
  const answers = answersBefore(store, plan.previous)
  const counts = new Map(
    job.stages.map(({ name }) => [name, { kept: 0, undecided: 0, changed: 0, fresh: 0 }]),
  )
  const heads = job.stages.filter(({ after, kind }) => after.length === 0 && kind === 'map')
  const known = { store, answers, redo: new Set(plan.redo), counts }
  const seen = new Set<string>()
  const source = openInput(job, host)
  const isSame = sameVersion(job)
  const { items, cut } = await readThrough(source, async item => {
    seen.add(item.key)
    for (const head of heads) {
      const before = answers(head.name).get(item.key)
      const same = before && (await isSame(before.version, item))
      count(job, head, item, { ...known, isSame: same !== undefined })
    }
    return false
  }).finally(() => source.close())
  const stages = job.stages.map(stage => {
    const { kept, undecided, changed, fresh } = counts.get(stage.name) as Counts
    const before = heads.includes(stage) && !cut ? [...answers(stage.name).keys()] : []
    const gone = before.filter(key => !seen.has(key)).length
    return { stage: stage.name, kept, runs: changed + fresh, undecided, changed, fresh, gone }
  })
  return cut ? { stages, cutAt: items } : { stages }
}

/** One item in a stage and in those that take its result. */
function count(
  job: Job,
  stage: StageSpec,
  item: SourceItem,
  by: Known & {
    /** As it was when the first of these stages answered it. */
    readonly isSame: boolean
    /** What is kept of the stage before. */
    readonly upstream?: Answered & { readonly stage: string }
  },
): void {
  const before = by.answers(stage.name).get(item.key)
  const mayKeep = before !== undefined && item.problem === undefined && !by.redo.has(stage.name)
  const isHead = stage.after.length === 0
  const keeps = mayKeep && (isHead ? by.isSame : isMadeFrom(by, before, by.upstream))
  const counts = by.counts.get(stage.name) as Counts
  if (keeps) counts.kept += 1
  else if (before === undefined) counts.fresh += 1
  else if (mayKeep && !isHead && by.upstream === undefined) counts.undecided += 1
  else counts.changed += 1
  const upstream = keeps ? { ...before, stage: stage.name } : undefined
  for (const next of job.stages)
    if (next.kind === 'map' && next.after[0] === stage.name)
      count(job, next, item, { ...by, upstream })
}

/** Within one run a result is made from what the same run has of the stage before. */
function isMadeFrom(
  { store }: Known,
  { run, version }: Answered,
  upstream: (Answered & { readonly stage: string }) | undefined,
): boolean {
  if (upstream === undefined) return false
  if (run === upstream.run) return true
  const stored = store.result(upstream.run, upstream.stage, upstream.index)
  return stored !== undefined && hash64(stored.payload) === version
}
