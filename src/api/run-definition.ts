import { type Job, type StageSpec, usualOrder } from '../model/job.ts'
import type { Link, RunDefinition, StageDefinition } from '../model/run.ts'
import type { Micros } from '../std/time.ts'

/** A job as the core runs it: stages in an order in which each follows the one it depends on. */
export function runDefinition(
  job: Job,
  options: {
    readonly name: string
    readonly seed: number
    readonly now: Micros
    readonly strategy: string
    readonly order?: string
  },
): RunDefinition {
  const order = topological(job.stages)
  const stages: StageDefinition[] = []
  for (const spec of order) {
    const after =
      spec.after.length === 0 ? -1 : order.findIndex(stage => stage.name === spec.after[0])
    stages.push({
      name: spec.name,
      after,
      ...(spec.after.length > 1
        ? { also: spec.after.slice(1).map(name => order.findIndex(stage => stage.name === name)) }
        : {}),
      link: linkOf(job, spec, after < 0 ? undefined : order[after]),
      needs: spec.needs,
      loads: spec.loads,
      chunk: spec.chunk,
      timeout: spec.timeout,
      setupTimeout: spec.setupTimeout,
      grace: spec.grace,
      retry: spec.retry,
    })
  }
  return {
    name: options.name,
    job: job.name,
    stages,
    tolerate: job.tolerate,
    objective: job.objective,
    due: job.due === undefined ? undefined : options.now + job.due,
    priority: job.priority,
    strategy: options.strategy,
    order: options.order ?? job.order ?? usualOrder,
    seed: options.seed,
    tenant: job.tenant,
    share: job.share,
  }
}

function linkOf(job: Job, spec: StageSpec, upstream: StageSpec | undefined): Link {
  if (upstream === undefined) {
    if (spec.kind !== 'map') return { kind: 'gather' }
    return job.input.kind === 'open' ? { kind: 'source', pushed: true } : { kind: 'source' }
  }
  const fanIn = fanInOf(spec)
  if (fanIn !== undefined) return { kind: 'tree', fanIn }
  // The top of a tree is known only once the tree has grown, so that a map stage cannot take its item by index.
  if (spec.kind === 'map' && fanInOf(upstream) === undefined) return { kind: 'item' }
  return { kind: 'gather' }
}

/** Of a stage that reduces as a tree. */
const fanInOf = ({ kind, gather }: StageSpec): number | undefined =>
  kind === 'reduce' && gather.kind === 'tree' ? gather.fanIn : undefined

function topological(stages: readonly StageSpec[]): StageSpec[] {
  const placed: StageSpec[] = []
  const waiting = [...stages]
  while (waiting.length > 0) {
    const at = waiting.findIndex(stage =>
      stage.after.every(name => placed.some(done => done.name === name)),
    )
    placed.push(...waiting.splice(at, 1))
  }
  return placed
}
