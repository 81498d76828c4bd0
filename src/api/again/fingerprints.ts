import { createHash } from 'node:crypto'
import { codeFingerprint } from '../../adapter/modules/fingerprint.ts'
import type { Job, StageSpec } from '../../model/job.ts'
import type { Host } from '../host.ts'
import { openInput } from '../job-input.ts'
import { refuseOutputInInput } from './output-in-input.ts'

/** Of the code of each stage, by name: its module with local imports, as they lie now. */
export async function codeFingerprints(job: Job): Promise<Record<string, string>> {
  const prints: Record<string, string> = {}
  for (const { name, module } of job.stages) prints[name] = await codeFingerprint(module)
  return prints
}

/**
 * What each stage's results were made from: its code with local imports, what it loads, the params,
 * what it gathers and from where, and what its results must look like. Everything else about a stage may change without consequence.
 */
export function stageFingerprints(
  job: Job,
  code: Readonly<Record<string, string>>,
): Record<string, string> {
  const prints: Record<string, string> = {}
  for (const stage of job.stages) {
    prints[stage.name] = fingerprintOf(job, stage, code[stage.name])
  }
  return prints
}

function fingerprintOf(job: Job, stage: StageSpec, code: string): string {
  const rest = JSON.stringify([
    stage.kind,
    stage.loads?.name ?? null,
    job.params,
    stage.returns ?? null,
    stage.by ?? null,
    stage.after,
    stage.gather,
  ])
  return createHash('sha256').update(code).update(rest).digest('hex').slice(0, 32)
}

/** What makes a stage's fingerprint another than `print`, which it had in the job of then; in words. */
export function changesOf(
  name: string,
  then: { readonly job: Job; readonly print: string },
  now: { readonly job: Job; readonly code: string },
): string[] {
  const before = then.job.stages.find(stage => stage.name === name)
  const after = now.job.stages.find(stage => stage.name === name)
  if (before === undefined || after === undefined) return []
  const differ = (of: (stage: StageSpec) => unknown): boolean =>
    JSON.stringify(of(before) ?? null) !== JSON.stringify(of(after) ?? null)
  const params = new Set([...Object.keys(then.job.params), ...Object.keys(now.job.params)])
  const isOther = (param: string): boolean =>
    JSON.stringify(then.job.params[param]) !== JSON.stringify(now.job.params[param])
  return [
    ...(fingerprintOf(then.job, before, now.code) === then.print
      ? []
      : [`code of ${name} or its local imports`]),
    ...(differ(({ loads }) => loads?.name) ? [`loads of ${name}`] : []),
    ...(differ(({ returns }) => returns) ? [`returns of ${name}`] : []),
    ...(differ(stage => [stage.kind, stage.by, stage.after, stage.gather])
      ? [`what ${name} gathers`]
      : []),
    ...[...params].filter(isOther).map(param => `params.${param}`),
  ]
}

/** How many input files are checked against the outputs before a run: as many as take about a second. */
const LOOKED_AT = 10_000

/**
 * What an input holds now; `undefined` where that cannot be told without consuming it. Of a generator only
 * its code and what it is given are known: enough to go on from its last cursor, no more.
 */
export async function inputFingerprint(host: Host, job: Job): Promise<string | undefined> {
  if (job.input.kind === 'stdin' || job.input.kind === 'open') return undefined
  if (job.input.kind === 'module') {
    const { path, key, version } = job.input
    const given = JSON.stringify([await codeFingerprint(path), key, version, job.params])
    return `module:${createHash('sha256').update(given).digest('hex').slice(0, 32)}`
  }
  const source = openInput(job, host)
  try {
    const print = await source.fingerprint()
    // The first row says whether there is any, and whether it can be read at all, before a run is made.
    if (job.input.kind === 'jsonl' || job.input.kind === 'csv') await source.read(undefined, 1)
    if (job.input.kind === 'files') {
      const { items } = await source.read(undefined, LOOKED_AT)
      await refuseOutputInInput(job, items)
    }
    // The key field is part of it: the same rows under another key are different items.
    const key = 'key' in job.input ? (job.input.key ?? '') : ''
    const cut = job.input.kind === 'csv' ? (job.input.delimiter ?? '') : ''
    return print === undefined ? undefined : `${job.input.kind}${cut}:${key}:${print}`
  } finally {
    await source.close()
  }
}
