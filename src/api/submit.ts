import { existsSync } from 'node:fs'
import { checkWritable } from '../adapter/output/check-writable.ts'
import { openSource } from '../adapter/source/open-source.ts'
import { FAILED } from '../core/items.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import type { RunDefinition } from '../model/run.ts'
import { faded } from '../policy/estimation/least-squares.ts'
import { allocationNamed } from '../policy/registry.ts'
import type { RunRecord } from '../port/store.ts'
import { formatCount, formatDuration } from '../std/units.ts'
import { stageFingerprints } from './fingerprints.ts'
import type { Host } from './host.ts'
import { importedOr } from './host.ts'
import { estimatesDocument } from './learnt-times.ts'
import { type Keeper, keeperOf } from './keep.ts'
import { runNameFor } from './names.ts'
import { planBeside, plansBeside } from './plan-beside.ts'
import { runDefinition } from './run-definition.ts'

/**
 * What `dray run` does with a job that may have run before: begin, go on, keep what still holds, or
 * say that there is nothing to do. The table is in DESIGN: a changed policy runs nothing again, a
 * changed item runs that item, changed code waits to be told.
 */
export type Plan =
  | { readonly kind: 'new'; readonly why: string }
  /** The same items and code: the run goes on where it stopped. */
  | { readonly kind: 'goOn'; readonly run: string; readonly why: string }
  /** Finished and unchanged. */
  | { readonly kind: 'nothing'; readonly run: string; readonly why: string }
  /** A new run that keeps the results of earlier ones; stages in `redo`, and what follows them, run again. */
  | {
      readonly kind: 'continue'
      readonly previous: string
      readonly redo: readonly string[]
      readonly why: string
    }

export type SubmitOptions = {
  readonly fresh?: boolean
  readonly keep?: boolean
  readonly redo?: readonly string[]
  readonly stdin?: AsyncIterable<Uint8Array | string>
  readonly seed?: number
}

/** Results made by older code, and nobody said what to do with them. Exit code 2. */
export class OlderCode extends InputError {
  override name = 'OlderCode'
}

export type Submitted = { readonly run: string; readonly plan: Plan }

/** Submits a job: resolves once that is durable, with the run's name and what was decided. */
export async function submitJob(
  host: Host,
  job: Job,
  options: SubmitOptions = {},
): Promise<Submitted> {
  const prints = await stageFingerprints(job)
  const input = await inputFingerprint(host, job)
  const plan = planSubmission(host, job, { prints, input }, options)
  if (plan.kind !== 'nothing')
    await checkWritable(job.stages.flatMap(({ output }) => (output === undefined ? [] : [output])))
  const previous =
    plan.kind === 'goOn' || plan.kind === 'nothing' ? host.store.run(plan.run) : undefined
  if (previous !== undefined) {
    await goOn(host, job, previous, plan.kind === 'nothing', prints, options)
    return { run: previous.name, plan }
  }
  const name = runNameFor(taken => host.store.run(taken) !== undefined)
  const definition = definitionOf(host, job, name, options.seed ?? 1)
  host.store.putRun({
    name,
    job: job.name,
    state: 'active',
    createdAt: Date.now() * 1_000,
    endedAt: undefined,
    definition: JSON.stringify(job),
    inputFingerprint: input,
    stageFingerprints: prints,
    previous: plan.kind === 'continue' ? plan.previous : undefined,
  })
  if (plan.kind === 'continue') host.store.put(redoDocument(name), JSON.stringify(plan.redo))
  const keeper = keeperFor(host, job, name)
  host.attach(name, job, {
    ...(keeper === undefined ? {} : { keeper }),
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  })
  await host.commit({ kind: 'submit', run: definition })
  recallTimes(host, name)
  const run = host.runNamed(name)
  if (run !== undefined) planBeside(host, run, job.strategy)
  return { run: name, plan }
}

/** What would be done, and why; nothing is changed. `run --explain` prints it. */
export async function explainSubmission(
  host: Host,
  job: Job,
  options: SubmitOptions = {},
): Promise<Plan> {
  return planSubmission(
    host,
    job,
    { prints: await stageFingerprints(job), input: await inputFingerprint(host, job) },
    options,
  )
}

function planSubmission(
  host: Host,
  job: Job,
  now: { readonly prints: Readonly<Record<string, string>>; readonly input: string | undefined },
  options: SubmitOptions,
): Plan {
  const last = host.store
    .runs()
    // A run whose submission never became durable did not begin.
    .filter(run => run.job === job.name && host.runNamed(run.name) !== undefined)
    .sort((a, b) => b.createdAt - a.createdAt)[0]
  if (options.fresh === true) return { kind: 'new', why: 'asked for with --fresh' }
  if (last === undefined) return { kind: 'new', why: 'it never ran here' }
  const redo = options.redo ?? []
  for (const name of redo) {
    if (!job.stages.some(stage => stage.name === name)) {
      throw new InputError(
        `--redo ${name}: no such stage; the job has ${job.stages.map(stage => stage.name).join(', ')}`,
      )
    }
  }
  if (redo.length > 0)
    return { kind: 'continue', previous: last.name, redo, why: `asked to redo ${redo.join(', ')}` }
  const changed = changedStages(job, last, now.prints)
  if (changed.length > 0 && options.keep !== true) refuseOlderCode(host, last, changed)
  const sameStages = Object.keys(last.stageFingerprints).join() === Object.keys(now.prints).join()
  if (job.input.kind === 'open' && sameStages) {
    // Pushed items are in the run itself: an ended stream has nothing that a new one could keep.
    if (host.runNamed(last.name)?.state !== 'paused') return { kind: 'new', why: 'a new stream' }
    return { kind: 'goOn', run: last.name, why: reasonToGoOn(host, last.name) }
  }
  const sameInput = now.input !== undefined && now.input === last.inputFingerprint
  if (!sameInput || !sameStages) {
    const why = sameStages ? 'its input changed, or cannot be compared' : 'its stages changed'
    return { kind: 'continue', previous: last.name, redo: [], why }
  }
  if (host.runNamed(last.name)?.state === 'done')
    return {
      kind: 'nothing',
      run: last.name,
      why: 'finished, and nothing it was made from changed',
    }
  return { kind: 'goOn', run: last.name, why: reasonToGoOn(host, last.name) }
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

function refuseOlderCode(host: Host, last: RunRecord, changed: readonly string[]): void {
  const run = host.runNamed(last.name)
  const made = changed.map(name => {
    const stage = run?.stages
      .map(at => host.state.stages[at])
      .find(at => at.definition.name === name)
    return { name, items: host.store.counts(last.name, name).done, micros: stage?.busyMicros ?? 0 }
  })
  const items = made.reduce((sum, stage) => sum + stage.items, 0)
  if (items === 0) return
  const micros = made.reduce((sum, stage) => sum + stage.micros, 0)
  const names = made.filter(stage => stage.items > 0).map(stage => stage.name)
  throw new OlderCode(
    `${formatCount(items)} finished items (${formatDuration(micros)}) of ${last.name} came from older code of ${names.join(', ')}.\n` +
      `Say what to do with them: --keep, or --redo ${names[0]} (and what follows it).`,
  )
}

async function goOn(
  host: Host,
  job: Job,
  record: RunRecord,
  finished: boolean,
  prints: Readonly<Record<string, string>>,
  options: SubmitOptions,
): Promise<void> {
  const run = host.runNamed(record.name)
  if (run === undefined)
    throw new Error(`run ${record.name} is in the store but not in the journal`)
  const definition = definitionOf(host, job, record.name, run.definition.seed)
  const keeper = keeperFor(host, job, record.name)
  host.attach(record.name, job, {
    ...(keeper === undefined ? {} : { keeper }),
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  })
  const outputsMoved = outputsOf(record.definition) !== outputsOf(JSON.stringify(job))
  host.store.putRun({
    ...record,
    state: finished ? record.state : 'active',
    definition: JSON.stringify(job),
    stageFingerprints: prints,
  })
  if (finished) {
    if (outputsMoved || isOutputMissing(job)) await writeAgain(host, record.name)
    return
  }
  planBeside(host, run, job.strategy)
  const due = run.definition.due
  await host.commit({ kind: 'redefine', run: run.number, definition: { ...definition, due } })
  if (run.state === 'failed' || run.state === 'cancelled')
    await host.commit({ kind: 'retryFailed', run: run.number })
  else await host.commit({ kind: 'goOn', run: run.number })
}

/** What a run that continues another may keep of it; after an interruption the same as before it. */
function keeperFor(host: Host, job: Job, name: string): Keeper | undefined {
  const previous = host.store.run(name)?.previous
  if (previous === undefined) return undefined
  const redo = JSON.parse(host.store.get(redoDocument(name)) ?? '[]') as string[]
  return keeperOf(host.store, lineage(host, previous), withFollowers(job, redo))
}

const redoDocument = (run: string): string => `redo:${run}`

const outputsOf = (definition: string): string =>
  JSON.stringify((JSON.parse(definition) as Job).stages.map(({ output }) => output))

function isOutputMissing(job: Job): boolean {
  return job.stages.some(({ output }) => {
    if (output === undefined || output.kind === 'each') return false
    return !existsSync(output.path)
  })
}

/** Outputs are projections of kept results: another path or a lost file needs no item to run again. */
async function writeAgain(host: Host, name: string): Promise<void> {
  const problem = await host.writeOutputs(name)
  if (problem !== undefined) throw new InputError(problem)
}

function definitionOf(host: Host, job: Job, name: string, seed: number): RunDefinition {
  return runDefinition(job, {
    name,
    seed,
    now: Date.now() * 1_000,
    strategy: liveStrategy(host, job),
  })
}

/** `auto` while times are being learnt: with machines alike any idle one serves, else earliest completion. */
function liveStrategy(host: Host, { strategy, objective }: Job): string {
  if (strategy !== 'auto') return allocationNamed(strategy)?.name ?? 'planned'
  return plansBeside(host.machines, strategy, objective) ? 'planned' : 'on-demand'
}

/** A run and the runs it kept results of, oldest first. */
function lineage(host: Host, name: string): string[] {
  const names: string[] = []
  for (
    let at: string | undefined = name;
    at !== undefined && !names.includes(at);
    at = host.store.run(at)?.previous
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

/** Observations that all earlier runs together count for. */
const mostRecalled = 64

/** Times earlier runs of the job learnt, for its stages on the machines that are here. */
function recallTimes(host: Host, name: string): void {
  const run = host.runNamed(name)
  if (run === undefined) return
  for (const number of run.stages) {
    const text = host.store.get(
      estimatesDocument(run.definition.job, host.state.stages[number].definition.name),
    )
    if (text === undefined) continue
    const { pooled, machines } = JSON.parse(text) as {
      pooled: number[]
      machines: Record<string, number[]>
    }
    const recall = (machine: number, learnt: readonly number[]): void =>
      host.loop.send({
        kind: 'learnt',
        stage: number,
        machine,
        estimate: faded(learnt, mostRecalled),
      })
    recall(-1, pooled)
    for (const machine of host.state.machines) {
      const estimate = machines[machine.definition.id]
      if (estimate !== undefined) recall(machine.number, estimate)
    }
  }
}

async function inputFingerprint(host: Host, job: Job): Promise<string | undefined> {
  if (job.input.kind === 'stdin' || job.input.kind === 'open') return undefined
  const source = openSource(job.input, {
    folder: job.folder,
    size: { kind: 'one' },
    params: job.params,
    run: '',
    store: host.store,
    stdin: undefined,
    importModule: importedOr,
  })
  try {
    const print = await source.fingerprint()
    // The first row says whether there is any, and whether it can be read at all, before a run is made.
    if (job.input.kind === 'jsonl' || job.input.kind === 'csv') await source.read(undefined, 1)
    return print === undefined ? undefined : `${job.input.kind}:${print}`
  } finally {
    await source.close()
  }
}
