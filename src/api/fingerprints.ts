import { createHash } from 'node:crypto'
import { codeFingerprint } from '../adapter/modules/fingerprint.ts'
import type { Job } from '../model/job.ts'

/**
 * What each stage's results were made from: its code with local imports, what it loads, the params,
 * and what its results must look like. Everything else about a stage may change without consequence.
 */
export async function stageFingerprints(job: Job): Promise<Record<string, string>> {
  const prints: Record<string, string> = {}
  for (const stage of job.stages) {
    const code = await codeFingerprint(stage.module)
    const rest = JSON.stringify([
      stage.kind,
      stage.loads?.name ?? null,
      job.params,
      stage.returns ?? null,
      stage.by ?? null,
    ])
    prints[stage.name] = createHash('sha256').update(code).update(rest).digest('hex').slice(0, 32)
  }
  return prints
}
