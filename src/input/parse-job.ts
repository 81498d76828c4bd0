import { resolve } from 'node:path'
import type { Job, StageSpec } from '../model/job.ts'
import type { WishFields } from '../model/wish.ts'
import { parseDuration, parseShare } from '../std/units.ts'
import { type Complaint, complaintsOf, refuse, short } from './explain.ts'
import { InputError } from './input-error.ts'
import { jobSchema, type JobValue } from './job-schema.ts'
import { didYouMean } from './nearest.ts'
import { type Params, resolveParams } from './params.ts'
import { parseInput } from './parse-input.ts'
import { parseStage } from './parse-stage.ts'
import { stageGraph } from './stage-graph.ts'

export type ParseJobOptions = {
  /** The job file as messages should name it. */
  readonly file: string
  /** Absolute; relative paths in the job start here. */
  readonly folder: string
  /** Values in place of the declared defaults; text is read as the type of the default. */
  readonly params?: Params
  /** Known names: when given, others are refused with the nearest. */
  readonly strategies?: readonly string[]
  readonly orders?: readonly string[]
  /** Takes the place of the job's own input. */
  readonly input?: Job['input']
  /** Where a place in the value stood in the file's text. */
  readonly lineOf?: (path: readonly PropertyKey[]) => number | undefined
}

/**
 * What a user wrote, checked and completed: every default filled in, every quantity a number, every
 * path absolute. Touches no file; a `returns` given as a path is left an absolute path. Throws one
 * `InputError` that lists everything wrong.
 */
export function parseJob(value: unknown, options: ParseJobOptions): Job {
  const complaints: Complaint[] = []
  const parsed = safelyParsed(value, options.file)
  if (!parsed.success) {
    throw refuse(options.file, complaintsOf(parsed.error.issues, value), options.lineOf)
  }
  const job = completeJob(parsed.data, options, complaints)
  if (complaints.length > 0) throw refuse(options.file, complaints, options.lineOf)
  return job
}

/** To read a value of a module may run its code: a getter, a proxy. */
function safelyParsed(value: unknown, file: string) {
  try {
    return jobSchema.safeParse(value, { jitless: true })
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new InputError(`${file}: to read it threw: ${said}; expected plain values`)
  }
}

function completeJob(value: JobValue, options: ParseJobOptions, complaints: Complaint[]): Job {
  const complainAt =
    (...prefix: readonly PropertyKey[]) =>
    (path: readonly PropertyKey[], text: string): void => {
      complaints.push({ path: [...prefix, ...path], text })
    }
  const resolved = resolveParams(value.params ?? {}, options.params ?? {})
  complaints.push(...resolved.complaints)
  const at = { folder: resolve(options.folder), params: resolved.params }
  const input = options.input ?? parseInput(value.input, { ...at, complain: complainAt('input') })
  const graph = stageGraph(value.stages)
  complaints.push(...graph.complaints)
  const stages = value.stages.map((stage, index) =>
    parseStage(stage, graph.after[index], { ...at, complain: complainAt('stages', index) }),
  )
  if (value.budget !== undefined) complainAt('budget')([], 'not available yet')
  const job: Job = {
    name: value.name ?? defaultName(options.file),
    folder: at.folder,
    params: resolved.params,
    input,
    stages,
    tolerate: parseTolerate(value.tolerate?.failed ?? 0),
    objective: value.objective ?? 'makespan',
    due: typeof value.due === 'string' ? parseDuration(value.due) : undefined,
    priority: typeof value.priority === 'number' ? value.priority : 0,
    ...wishesFrom(value),
    strategy: value.strategy ?? 'auto',
    // Priorities of items were given to be looked at.
    order: value.order ?? (typeof value.priority === 'object' ? 'priority' : undefined),
    tenant: value.tenant,
    share: value.share,
  }
  complaints.push(
    ...outputClashes(job, options.file),
    ...sizeComplaints(job),
    ...wishComplaints(job),
    ...firstStageComplaints(job),
    ...unknownNames(job, options),
  )
  return job
}

/** Fields of items that say for each what the job would say for all. */
function wishesFrom(value: JobValue): Pick<Job, 'wishes'> {
  const wishes: { -readonly [Name in keyof WishFields]: string } = {}
  for (const name of ['release', 'due', 'weight', 'priority'] as const) {
    const given = value[name]
    if (typeof given === 'object') wishes[name] = given.field
  }
  return Object.keys(wishes).length === 0 ? {} : { wishes }
}

/** A file has no fields to read them from, and a number of a range none either. */
function wishComplaints({ input, wishes = {} }: Job): Complaint[] {
  if (input.kind !== 'files' && input.kind !== 'range') return []
  const what = input.kind === 'files' ? 'a file' : 'a number of a range'
  return Object.keys(wishes).map(name => ({
    path: [name],
    text: `${what} has no fields; expected items that are objects, as of jsonl or csv`,
  }))
}

/** Allowed failures: the greater of `count` and `share` of all items. */
function parseTolerate(failed: string | number): Job['tolerate'] {
  return typeof failed === 'number'
    ? { count: failed, share: 0 }
    : { count: 0, share: parseShare(failed)! }
}

function defaultName(file: string): string {
  const name = baseName(file)
    .replace(/\.[^.]*$/, '')
    .replace(/[^\w.-]+/g, '-')
  return /^[A-Za-z0-9]/.test(name) ? name : 'job'
}

/** Two outputs in one file, or an output in place of what the job is made from, would lose what is there. */
export function outputClashes(job: Job, file: string): Complaint[] {
  const owners = new Map<string, string>([[resolve(job.folder, baseName(file)), 'the job file']])
  if ('path' in job.input) owners.set(job.input.path, 'the input')
  for (const { name, module, returns } of job.stages) {
    owners.set(module, `the handler of stage "${name}"`)
    if (typeof returns === 'string') owners.set(returns, `returns of stage "${name}"`)
  }
  return job.stages.flatMap((stage, at) => {
    const target = outputTarget(stage)
    if (target === undefined) return []
    const owner = owners.get(target)
    if (owner === undefined) owners.set(target, `written by stage "${stage.name}"`)
    const text = `${short(target)} is ${owner} too; expected a path of its own`
    return owner === undefined ? [] : [{ path: ['stages', at, 'output'], text }]
  })
}

const baseName = (file: string): string =>
  file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)

const outputTarget = (stage: StageSpec): string | undefined =>
  stage.output === undefined || stage.output.kind !== 'each'
    ? stage.output?.path
    : stage.output.template

function sizeComplaints(job: Job): Complaint[] {
  const readsPaths = job.input.kind === 'files'
  return job.stages.flatMap((stage, at) =>
    readsPaths && stage.after.length === 0 && stage.size.kind === 'field'
      ? [{ path: ['stages', at, 'size'], text: "a file has no fields; expected 'bytes' or 'one'" }]
      : [],
  )
}

/** A first stage that gathers takes the whole input at once: it must have an end, and be no tree. */
function firstStageComplaints(job: Job): Complaint[] {
  return job.stages.flatMap(({ kind, after, gather }, at): Complaint[] => {
    if (kind === 'map' || after.length > 0) return []
    if (gather.kind === 'tree') {
      const text = "a tree combines results, and no stage comes before this one; expected 'all'"
      return [{ path: ['stages', at, 'gather'], text }]
    }
    if (job.input.kind !== 'open') return []
    const text = 'takes the whole input at once, and an open one has no end; expected map'
    return [{ path: ['stages', at, kind], text }]
  })
}

function unknownNames(
  { strategy, order }: Job,
  { strategies = [], orders = [] }: ParseJobOptions,
): Complaint[] {
  const check = (
    field: 'strategy' | 'order',
    name: string | undefined,
    known: readonly string[],
    others: readonly string[],
  ): Complaint[] => {
    if (name === undefined || known.length === 0 || known.includes(name)) return []
    const other = field === 'strategy' ? 'an order' : 'a strategy'
    const hint = others.includes(name) ? `; it is ${other}` : didYouMean(name, known)
    const text = `no ${field} is named "${name}"${hint} (known: ${known.join(', ')})`
    return [{ path: [field], text }]
  }
  return [
    ...check('strategy', strategy, strategies, orders),
    ...check('order', order, orders, strategies),
  ]
}
