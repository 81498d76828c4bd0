import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { Failure } from '../../model/failure.ts'
import { formatDuration } from '../../std/units.ts'

/** What would make the item succeed, as far as the kind of its failure tells. */
export function helpFor(run: Run, stage: Stage, failure: Failure | undefined): string {
  const again = `dray retry ${run.definition.name} --failed`
  switch (failure?.kind) {
    case 'bad-input':
      return `mend the item, then run the job again: only what changed runs`
    case 'bad-result':
      return `what the handler answers must meet returns and be JSON; then ${again}`
    case 'timeout':
      return `timeout: above ${formatDuration(stage.definition.timeout ?? 0)} in stage ${stage.definition.name}; then ${again}`
    case 'out-of-memory':
      if (failure.code === 'HEAP')
        return `env: ['NODE_OPTIONS'] in stage ${stage.definition.name}, and NODE_OPTIONS=--max-old-space-size=<MB> where it runs; then ${again}`
      return `needs: { memory } above what it used, or retry: { on: { 'out-of-memory': { memory: 'x2' } } }; then ${again}`
    case 'crash':
      return `dray logs ${run.definition.name} shows its last words; then ${again}`
    case 'upstream':
      return `what it depends on mended, then ${again}`
    default:
      return again
  }
}
