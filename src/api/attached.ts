import type { OutputError } from '../adapter/output/output-error.ts'
import type { Stage } from '../core/stage.ts'
import type { Keeper } from '../driver/keeping.ts'
import type { Job, StageSpec } from '../model/job.ts'
import type { StageCode } from '../port/executor.ts'
import type { Source } from '../port/source.ts'
import type { Store } from '../port/store.ts'
import { firstOf } from './first-of.ts'
import { openInput } from './job-input.ts'

/**
 * What a run is given to go on: its job, what it may keep of earlier runs, standard input; and what
 * became of its output files. The journal holds none of it.
 */
export type Attached = {
  readonly job: Job
  readonly keeper: Keeper | undefined
  readonly stdin: AsyncIterable<Uint8Array | string> | undefined
  /** Items of the input that it may read by now; all when absent. */
  readonly most: number | undefined
  /** Fingerprints of its stages' code, by name, where it was looked at. */
  readonly code: Readonly<Record<string, string>>
  unwritten: OutputError | undefined
}

export type AttachOptions = {
  readonly keeper?: Keeper | undefined
  readonly stdin?: AsyncIterable<Uint8Array | string> | undefined
  readonly most?: number | undefined
  readonly code?: Readonly<Record<string, string>> | undefined
}

export function attachedJob(job: Job, options: AttachOptions = {}): Attached {
  const { keeper, stdin, most, code = {} } = options
  return { job, keeper, stdin, most, code, unwritten: undefined }
}

export function specOf(job: Job, stage: Stage): StageSpec {
  const spec = job.stages.find(({ name }) => name === stage.definition.name)
  if (spec === undefined)
    throw new Error(`the job ${job.name} has no stage ${stage.definition.name}`)
  return spec
}

/** What the executor needs of a stage to run its items. */
export function codeOf(
  stage: Stage,
  { job, code }: Attached,
  about: {
    readonly run: string
    readonly maxResultBytes: number
    readonly speeds: readonly number[]
  },
): StageCode {
  const { name, kind, module, isolation, loads, returns, env, after } = specOf(job, stage)
  const takesFiles = job.input.kind === 'files' && kind === 'map' && after.length === 0
  return {
    ...about,
    name,
    kind,
    takesFiles,
    module,
    version: code[name],
    isolation,
    loads,
    returns,
    env,
    timeout: stage.definition.timeout,
    params: job.params,
  }
}

export function sourceOf(
  stage: Stage,
  { job, stdin, most }: Attached,
  { run, store }: { readonly run: string; readonly store: Store },
): Source {
  const { size } = specOf(job, stage)
  const since = store.run(run)?.createdAt ?? 0
  const source = openInput(job, { run, store, size, since, stdin, templates: eachTemplates(job) })
  return most === undefined ? source : firstOf(source, Math.max(0, most - stage.known))
}

/** Where map stages write a file per item: keys that would leave the folder fail before any work is done. */
export function eachTemplates(job: Job): string[] {
  return job.stages.flatMap(({ kind, output }) =>
    kind === 'map' && output?.kind === 'each' ? [output.template] : [],
  )
}
