import { createHash } from 'node:crypto'
import { codeFingerprint } from '../../adapter/modules/fingerprint.ts'
import type { Job } from '../../model/job.ts'
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
    const rest = JSON.stringify([
      stage.kind,
      stage.loads?.name ?? null,
      job.params,
      stage.returns ?? null,
      stage.by ?? null,
      stage.after,
      stage.gather,
    ])
    prints[stage.name] = createHash('sha256')
      .update(code[stage.name])
      .update(rest)
      .digest('hex')
      .slice(0, 32)
  }
  return prints
}

/** Files whose outputs are looked at before the run: a second's worth. */
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
    // The same rows under another key are other items.
    const key = 'key' in job.input ? (job.input.key ?? '') : ''
    const cut = job.input.kind === 'csv' ? (job.input.delimiter ?? '') : ''
    return print === undefined ? undefined : `${job.input.kind}${cut}:${key}:${print}`
  } finally {
    await source.close()
  }
}
