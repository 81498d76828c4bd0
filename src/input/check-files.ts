import { readFile, stat } from 'node:fs/promises'
import { relative } from 'node:path'
import type { Job, StageSpec } from '../model/job.ts'
import { type Complaint, refuse } from './explain.ts'
import { nearbyFile } from './nearby.ts'

/** The files a job names: handler modules must exist, `returns` schemas are read and compiled. */
export async function checkFiles(
  job: Job,
  file: string,
  lineOf?: (path: readonly PropertyKey[]) => number | undefined,
): Promise<Job> {
  const complaints: Complaint[] = []
  const stages: StageSpec[] = []
  for (const [at, stage] of job.stages.entries()) {
    const missing = await missingFile(stage.module, job.folder)
    if (missing !== undefined) complaints.push({ path: ['stages', at, stage.kind], text: missing })
    const returns = await readSchema(stage.returns, job.folder)
    if (returns.problem !== undefined) {
      complaints.push({ path: ['stages', at, 'returns'], text: returns.problem })
    }
    stages.push({ ...stage, returns: returns.schema })
  }
  if (job.input.kind === 'module') {
    const missing = await missingFile(job.input.path, job.folder)
    if (missing !== undefined) complaints.push({ path: ['input', 'from'], text: missing })
  }
  if (complaints.length > 0) throw refuse(file, complaints, lineOf)
  return { ...job, stages }
}

async function missingFile(path: string, folder: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return undefined
  const shown = relative(folder, path)
  if (found !== undefined) return `${shown === '' ? '.' : shown} is not a file; expected a module`
  return `no file ${shown}${await nearbyFile(path)}`
}

async function readSchema(
  returns: unknown,
  folder: string,
): Promise<{ readonly schema: unknown; readonly problem?: string }> {
  if (returns === undefined) return { schema: undefined }
  if (typeof returns !== 'string') return { schema: returns, problem: await schemaProblem(returns) }
  const missing = await missingFile(returns, folder)
  if (missing !== undefined) return { schema: undefined, problem: missing }
  const shown = relative(folder, returns)
  try {
    const schema: unknown = JSON.parse(await readFile(returns, 'utf8'))
    const problem = await schemaProblem(schema)
    return { schema, problem: problem === undefined ? undefined : `${shown}: ${problem}` }
  } catch (error) {
    return { schema: undefined, problem: `${shown}: ${(error as Error).message}; expected JSON` }
  }
}

/** Loaded on demand: most jobs have no schema, and the compiler is the largest import here. */
async function schemaProblem(schema: unknown): Promise<string | undefined> {
  const draft = String((schema as { $schema?: unknown } | null)?.$schema ?? '')
  const { Ajv } = draft.includes('2020-12')
    ? { Ajv: (await import('ajv/dist/2020.js')).default.Ajv2020 }
    : (await import('ajv')).default
  try {
    new Ajv({ strict: false, logger: false }).compile(schema as object)
    return undefined
  } catch (error) {
    return `not a JSON Schema: ${(error as Error).message}`
  }
}
