import { FAILED } from '../../core/items.ts'
import { didYouMean } from '../../input/nearest.ts'
import { InputError } from '../../model/input-error.ts'
import type { Job } from '../../model/job.ts'
import type { RunRecord } from '../../port/store.ts'
import { formatCount, formatDuration, plural } from '../../std/units.ts'
import type { Host } from '../host.ts'
import { lineage, withFollowers } from './answers-before.ts'
import { changesOf } from './fingerprints.ts'
import { olderCodeOf } from './older-code.ts'
import { jobOf } from '../recorded-job.ts'

/**
 * What `dray run` does with a job that may have run before: begin, go on, keep what still holds, or
 * say that there is nothing to do. The table is in README.md: a changed policy runs nothing again, a
 * changed item runs that item, changed code waits to be told.
 */
export type Plan =
  | { readonly kind: 'new'; readonly why: string }
  /** The same items and code: the run goes on where it stopped. */
  | ({ readonly kind: 'goOn'; readonly run: string; readonly why: string } & Keeping)
  /** Finished and unchanged. */
  | ({ readonly kind: 'nothing'; readonly run: string; readonly why: string } & Keeping)
  /** A new run that keeps the results of earlier ones; stages in `redo` run again. */
  | ({
      readonly kind: 'continue'
      readonly previous: string
      readonly redo: readonly string[]
      readonly why: string
    } & Keeping)

/** Stages whose results are kept although older code made them. */
type Keeping = { readonly olderCode?: readonly string[] }

/** What is submitted, as far as it can be compared with what ran before. */
export type Submission = {
  readonly prints: Readonly<Record<string, string>>
  /** Of the code of each stage alone. */
  readonly code: Readonly<Record<string, string>>
  readonly input: string | undefined
  /** No standard input is given, and the job's newest run has kept its own. */
  readonly goesOnWithKept: boolean
}

/** What an earlier run of the same job is worth; without any of these, older code is refused (`OlderCode`). */
export type PlanOptions = {
  /** Forget it: everything runs. */
  readonly fresh?: boolean
  /** Keep its results although the code, `loads`, `params` or `returns` have changed since. */
  readonly keep?: boolean
  /** Names of stages that run again, and what follows them where results change. */
  readonly redo?: readonly string[]
}

/** Results made by older code, and nobody said what to do with them. Exit code 2. */
export class OlderCode extends InputError {
  override name = 'OlderCode'
}

export function planSubmission(host: Host, job: Job, now: Submission, options: PlanOptions): Plan {
  refuseContradiction(options)
  refuseUnknownStage(job, options.redo ?? [])
  const last = newestRun(host, job)
  if (options.fresh === true) return { kind: 'new', why: 'asked for with --fresh' }
  if (last === undefined) return { kind: 'new', why: 'it never ran here' }
  if (job.input.kind === 'open') {
    // Pushed items are in the run itself: an ended stream has nothing that a new one could keep.
    if (host.runNamed(last.name)?.state !== 'paused') return { kind: 'new', why: 'a new stream' }
    refuseOtherStages(job, last, now)
  }
  const { olderCode, redo } = afterOlderCode(host, job, now, { last, options })
  const plan = planAfter(host, job, now, { last, asked: options.redo ?? [], redo })
  if (plan.kind === 'new' || olderCode.length === 0) return plan
  const kept = `results of ${olderCode.join(', ')} are kept from older code`
  const why = plan.kind === 'nothing' ? `finished; ${kept}` : `${plan.why}; ${kept}`
  return { ...plan, why, olderCode }
}

/**
 * What older code made and is kept, now or since an earlier run: refused where nobody asked for that. And
 * what is redone: with a stage those that follow it and whose code is no longer what made their results.
 */
function afterOlderCode(
  host: Host,
  job: Job,
  now: Submission,
  { last, options }: { readonly last: RunRecord; readonly options: PlanOptions },
): { readonly olderCode: string[]; readonly redo: string[] } {
  const redo = options.redo ?? []
  const names = job.stages.map(({ name }) => name)
  const again = withFollowers(job, redo)
  const changed = changedStages(job, last, now.prints)
  const made = madeByOlderCode(
    host,
    last,
    changed.filter(name => !again.has(name)),
  )
  if (made.length > 0 && options.keep !== true) {
    const then = jobOf(last)
    const changes = made.flatMap(({ name }) =>
      changesOf(
        name,
        { job: then, print: last.stageFingerprints[name] },
        { job, code: now.code[name] },
      ),
    )
    throw olderCodeError(last, made, changes)
  }
  const before = olderCodeOf(host.store, last.name)
  const older = new Set([...before, ...made.map(({ name }) => name)])
  const stale = new Set([...redo, ...before, ...changed])
  return {
    olderCode: names.filter(name => older.has(name) && !again.has(name)),
    redo: names.filter(name => again.has(name) && stale.has(name)),
  }
}

function planAfter(
  host: Host,
  job: Job,
  now: Submission,
  by: {
    readonly last: RunRecord
    readonly asked: readonly string[]
    readonly redo: readonly string[]
  },
): Plan {
  const { last, asked, redo } = by
  if (redo.length > 0) {
    const why = `asked to redo ${asked.join(', ')}`
    return { kind: 'continue', previous: last.name, redo, why }
  }
  if (job.input.kind === 'open')
    return { kind: 'goOn', run: last.name, why: reasonToGoOn(host, last.name) }
  const sameStages = hasSameStages(last, now)
  if (now.goesOnWithKept && sameStages)
    return { kind: 'goOn', run: last.name, why: 'it was interrupted; its input was kept' }
  const { state } = host.runNamed(last.name) ?? {}
  // What a generator yields by now is not known before it is asked; one that broke off has its cursor.
  const comparable = job.input.kind !== 'module' || state === 'paused'
  const sameInput = comparable && now.input !== undefined && now.input === last.inputFingerprint
  if (!sameInput || !sameStages) {
    const why = sameStages ? inputInWords(job, jobOf(last)) : 'its stages changed'
    return { kind: 'continue', previous: last.name, redo: [], why }
  }
  if (state === 'done') {
    const why = 'finished, and nothing it was made from changed'
    return { kind: 'nothing', run: last.name, why }
  }
  return { kind: 'goOn', run: last.name, why: reasonToGoOn(host, last.name) }
}

const hasSameStages = (last: RunRecord, now: Submission): boolean =>
  Object.keys(last.stageFingerprints).join() === Object.keys(now.prints).join()

/** Pushed items exist only in their run, so a run of other stages could not take them along. */
function refuseOtherStages({ name }: Job, last: RunRecord, now: Submission): void {
  if (hasSameStages(last, now)) return
  const stages = Object.keys(last.stageFingerprints).join(', ')
  throw new InputError(
    `${name}: its open stream ${last.name} has stages ${stages}; expected the same to go on with it, or { fresh: true } to leave what was pushed to it`,
  )
}

/**
 * The newest run of the job, from the journal's: reading every record there is would cost each submission
 * what all before it left. A record without a run never began; a run without one was removed.
 */
export function newestRun({ state, store }: Host, job: Job): RunRecord | undefined {
  for (let at = state.runs.length - 1; at >= 0; at -= 1) {
    const { definition } = state.runs[at]
    const record = definition.job === job.name ? store.run(definition.name) : undefined
    if (record !== undefined) return record
  }
  return undefined
}

function inputInWords({ input }: Job, before: Job): string {
  if (input.kind === before.input.kind && keyOf(input) !== keyOf(before.input))
    return 'its items have other keys: what ran is not known by them'
  if (input.kind === 'module') return 'its generator may yield other items'
  if (input.kind === 'stdin') return 'standard input may hold other items'
  return 'path' in input || input.kind === 'files'
    ? 'its input changed, or was written again'
    : 'its input changed'
}

const keyOf = (input: Job['input']): string | undefined => ('key' in input ? input.key : undefined)

/** Also where nothing has run that could be redone. */
function refuseUnknownStage({ stages }: Job, redo: readonly string[]): void {
  const names = stages.map(({ name }) => name)
  const unknown = redo.find(name => !names.includes(name))
  if (unknown === undefined) return
  throw new InputError(
    `--redo ${unknown}: no such stage${didYouMean(unknown, names)} (stages: ${names.join(', ')})`,
  )
}

/** Options that contradict each other are refused: neither may silently win. */
function refuseContradiction({ fresh, keep, redo = [] }: PlanOptions): void {
  if (fresh !== true || (keep !== true && redo.length === 0)) return
  const other = keep === true ? '--keep' : `--redo ${redo[0]}`
  throw new InputError(
    `--fresh with ${other}: --fresh forgets the results that ${other} would go on from; expected one of them`,
  )
}

function reasonToGoOn(host: Host, name: string): string {
  const run = host.runNamed(name)
  if (run?.state === 'cancelled') return 'it was cancelled before its end'
  if (run?.state !== 'failed') return 'it was interrupted'
  const failed = run.stages.some(number => host.state.stages[number].items.counts[FAILED] > 0)
  return failed ? 'items failed: they are tried again' : 'what stopped it is tried again'
}

function changedStages(
  job: Job,
  last: RunRecord,
  prints: Readonly<Record<string, string>>,
): string[] {
  return job.stages
    .map(stage => stage.name)
    .filter(
      name =>
        last.stageFingerprints[name] !== undefined && last.stageFingerprints[name] !== prints[name],
    )
}

type Made = { readonly name: string; readonly items: number; readonly micros: number }

/** What a run holds of stages that changed since: how many results, and how long they took. */
function madeByOlderCode(host: Host, last: RunRecord, changed: readonly string[]): Made[] {
  // Results kept from run to run took their time in the first of these runs.
  const runs = lineage(host.store, last.name).map(name => host.runNamed(name)?.stages ?? [])
  const stages = runs.flat().map(at => host.state.stages[at])
  const made = changed.map(name => ({
    name,
    items: succeeded(host.store.counts(last.name, name)),
    micros: stages
      .filter(({ definition }) => definition.name === name)
      .reduce((sum, { busyMicros }) => sum + busyMicros, 0),
  }))
  return made.filter(({ items }) => items > 0)
}

function olderCodeError(
  last: RunRecord,
  made: readonly Made[],
  changes: readonly string[],
): OlderCode {
  const items = made.reduce((sum, stage) => sum + stage.items, 0)
  const micros = made.reduce((sum, stage) => sum + stage.micros, 0)
  const first = made[0].name
  const counts = made.map(stage => `${stage.name} ${formatCount(stage.items)}`).join(', ')
  return new OlderCode(
    `${plural(items, 'finished item')} (${formatDuration(micros)}) came from older code: --keep or --redo ${first}\n` +
      `  of ${last.name}: ${counts}; changed since: ${[...new Set(changes)].join(', ')}\n` +
      `  --keep takes them as they are; --redo ${first} runs that stage again, and what follows where results change`,
  )
}

const succeeded = (counts: { readonly done: number; readonly stopped: number }): number =>
  counts.done + counts.stopped
