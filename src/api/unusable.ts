import type { Run } from '../core/run.ts'

/** The run stopped on what it was given: an input, a handler's module or a schema that cannot be used. */
export function isUnusable({ problem }: Run): boolean {
  return problem?.kind === 'bad-input' || problem?.code === 'MODULE' || problem?.code === 'RETURNS'
}
