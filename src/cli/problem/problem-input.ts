import { existsSync, readFileSync, statSync } from 'node:fs'
import { loadProblem } from '../../input/load-problem.ts'
import { InputError } from '../../model/input-error.ts'
import type { Problem } from '../../model/problem.ts'

/** What `plan`, `simulate` and `compare` may be given: a problem to schedule, or a job to be planned. */
type PlannableInput =
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'job'; readonly path: string }

/** Tells the two apart by name and, for `.json`, by what is inside; problems are read here. */
export function readInput(path: string, machinesPath: string | undefined): PlannableInput {
  if (isJob(path)) return { kind: 'job', path }
  return { kind: 'problem', problem: loadProblem(path, machinesPath ? { machinesPath } : {}) }
}

/** What only a job has use for is refused beside a problem, not ignored. */
export function refuseJobFlags(
  path: string,
  flags: { readonly input?: string; readonly param?: readonly string[] },
): void {
  const given = [
    ...(flags.input === undefined ? [] : ['--input']),
    ...(flags.param === undefined || flags.param.length === 0 ? [] : ['--param']),
  ]
  if (given.length === 0) return
  throw new InputError(`${path}: ${given.join(' and ')} is for job files; this is a problem`)
}

function isJob(path: string): boolean {
  if (/\.(csv|json)\.gz$|\.csv$/i.test(path)) return false
  if (/\.(ts|mts|js|mjs|cjs|yaml|yml)$/i.test(path)) return true
  if (!existsSync(path)) return false
  const found = statSync(path)
  if (found.isDirectory()) return true
  if (!found.isFile() || !/\.json$/i.test(path)) return false
  return found.size < jobFileBytes && hasStages(path)
}

/** Nobody writes a job file of this size; problems may be much larger. */
const jobFileBytes = 1_000_000

/** A file that cannot be read or is no JSON is told about as a problem. */
function hasStages(path: string): boolean {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof value === 'object' && value !== null && 'stages' in value
  } catch {
    return false
  }
}
