import { existsSync } from 'node:fs'
import { whyNoJson } from '../adapter/json-losses.ts'
import { checkWritable } from '../adapter/output/check-writable.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import type { RunDefinition } from '../model/run.ts'
import { templateRoot } from '../model/output-template.ts'
import type { RunRecord } from '../port/store.ts'
import type { Attached } from './attached.ts'
import { codeFingerprints, inputFingerprint, stageFingerprints } from './again/fingerprints.ts'
import type { Host } from './host.ts'
import { rememberRedo } from './again/answers-before.ts'
import { keeperFor } from './again/keep.ts'
import { givenInput, hasKeptInput } from './again/kept-input.ts'
import { doubtTimes, recallTimes } from './beside/learnt-times.ts'
import { liveStart } from './beside/live-start.ts'
import { rememberOlderCode } from './again/older-code.ts'
import { runNameFor } from './names.ts'
import { planBeside } from './beside/plan-beside.ts'
import {
  newestRun,
  type Plan,
  type PlanOptions,
  planSubmission,
  type Submission,
} from './again/plan-submission.ts'
import { jobOf } from './recorded-job.ts'
import { runDefinition } from './run-definition.ts'
import { nowOf } from './now.ts'

/** How `submit` treats what is there already, and what it reads. */
export type SubmitOptions = PlanOptions & {
  /** What a job whose input is `{ stdin }` reads: UTF-8, in pieces of any length. */
  readonly stdin?: AsyncIterable<Uint8Array | string>
  /** Of retries' jitter, choices by lot and the plans beside the run: a whole number, 1 by default. */
  readonly seed?: number
}

/** How `stream` treats a stream of that name that was left open: with `fresh` it is left, and a new one begins. */
export type StreamOptions = Pick<SubmitOptions, 'fresh' | 'keep' | 'seed'>

type Within = {
  /** Items of the input that it may read by now; all when absent. */
  readonly most?: number
}

export type Submitted = { readonly run: string; readonly plan: Plan }

/** Submits a job: resolves once that is durable, with the run's name and what was decided. */
export async function submitJob(
  host: Host,
  job: Job,
  options: SubmitOptions & Within = {},
): Promise<Submitted> {
  const now = await submission(host, job, options)
  const { stdin, code, prints, input } = now
  const plan = planSubmission(host, job, now, options)
  if (plan.kind !== 'nothing')
    await checkWritable(job.stages.flatMap(({ output }) => (output === undefined ? [] : [output])))
  const previous =
    plan.kind === 'goOn' || plan.kind === 'nothing' ? host.store.run(plan.run) : undefined
  const olderCode = plan.kind === 'new' ? [] : (plan.olderCode ?? [])
  if (previous !== undefined) {
    rememberOlderCode(host.store, previous.name, olderCode)
    await goOn(host, job, previous, plan.kind === 'nothing', prints, {
      stdin,
      code,
      most: options.most,
    })
    return { run: previous.name, plan }
  }
  // The journal keeps a run's name for ever, even after the run was removed.
  const name = runNameFor(
    taken => host.runNamed(taken) !== undefined || host.store.run(taken) !== undefined,
  )
  const definition = definitionOf(host, job, name, options.seed ?? 1)
  host.store.putRun({
    name,
    job: job.name,
    state: 'active',
    createdAt: nowOf(host.state),
    endedAt: undefined,
    definition: recorded(job),
    inputFingerprint: input,
    stageFingerprints: prints,
    previous: plan.kind === 'continue' ? plan.previous : undefined,
  })
  rememberOlderCode(host.store, name, olderCode)
  if (plan.kind === 'continue') rememberRedo(host.store, name, plan.redo)
  host.attach(name, job, { keeper: keeperFor(host, job, name), stdin, code, most: options.most })
  await host.commit({ kind: 'submit', run: definition })
  recallTimes(host, name, prints)
  const run = host.runNamed(name)
  if (run !== undefined) planBeside(host, run, job)
  return { run: name, plan }
}

/** What would be done, and why; nothing is changed. `run --explain` prints it. */
export async function explainSubmission(
  host: Host,
  job: Job,
  options: SubmitOptions = {},
): Promise<Plan> {
  return planSubmission(host, job, await submission(host, job, options), options)
}

async function submission(
  host: Host,
  job: Job,
  { stdin, fresh }: SubmitOptions,
): Promise<Submission & Pick<SubmitOptions, 'stdin'>> {
  const code = await codeFingerprints(job)
  const prints = stageFingerprints(job, code)
  const input = await inputFingerprint(host, job)
  const last = fresh === true ? undefined : newestRun(host, job)
  if (last === undefined || !hasKeptInput(host, job, last.name))
    return { prints, code, input, stdin, goesOnWithKept: false }
  const given = await givenInput(stdin)
  return { prints, code, input, stdin: given, goesOnWithKept: given === undefined }
}

async function goOn(
  host: Host,
  job: Job,
  record: RunRecord,
  finished: boolean,
  prints: Readonly<Record<string, string>>,
  { stdin, code, most }: Pick<SubmitOptions, 'stdin'> & Pick<Attached, 'code'> & Within,
): Promise<void> {
  const run = host.runNamed(record.name)
  if (run === undefined)
    throw new Error(`run ${record.name} is in the store but not in the journal`)
  const definition = definitionOf(host, job, record.name, run.definition.seed)
  host.attach(record.name, job, {
    keeper: keeperFor(host, job, record.name),
    stdin,
    code,
    most,
  })
  const outputsMoved = outputsOf(jobOf(record)) !== outputsOf(job)
  host.store.putRun({
    ...record,
    state: finished ? record.state : 'active',
    definition: recorded(job),
    stageFingerprints: prints,
  })
  if (finished) {
    if (outputsMoved || isOutputMissing(job)) await writeAgain(host, record.name)
    return
  }
  await doubtTimes(host, run, record.stageFingerprints, prints)
  planBeside(host, run, job)
  const due = run.definition.due
  await host.commit({ kind: 'redefine', run: run.number, definition: { ...definition, due } })
  if (run.state === 'failed' || run.state === 'cancelled')
    await host.commit({ kind: 'retryFailed', run: run.number })
  else await host.commit({ kind: 'goOn', run: run.number })
}

/** A job written as a module may hold what no file could say. */
function recorded(job: Job): string {
  try {
    return JSON.stringify(job)
  } catch (error) {
    const why = whyNoJson(job, error)
    const said = why instanceof Error ? why.message.split('\n')[0] : String(why)
    throw new InputError(`${job.name}: ${said}; expected a job that JSON can hold`)
  }
}

const outputsOf = ({ stages }: Job): string => JSON.stringify(stages.map(({ output }) => output))

function isOutputMissing(job: Job): boolean {
  return job.stages.some(({ output }) => {
    if (output === undefined) return false
    return !existsSync(output.kind === 'each' ? templateRoot(output.template) : output.path)
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
    now: nowOf(host.state),
    ...liveStart(host.machines, job),
  })
}
