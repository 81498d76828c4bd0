import type { Job, StageSpec } from '../model/job.ts'

/** A stage, or a level of a tree, as it is planned. */
export type PlannedStage = {
  readonly spec: StageSpec
  readonly items: number
  /** Where its inputs come from; empty: from the input of the job. */
  readonly after: readonly string[]
  /** As a run names it: a tree's levels beyond the first are `name~2`, `name~3`, ... */
  readonly name: string
  /** How many results of the one before it an item takes, in order; `all`: every item all of them. */
  readonly takes: number | 'all'
}

/** How many items a stage has, with all levels of a tree; `undefined`: nobody knows before it has run. */
export type StageItems = { readonly name: string; readonly items: number | undefined }

/**
 * The stages of a job in an order in which each comes after what it follows. How many groups a stage with `by` has
 * shows only when it runs: it has as many as it had in the last run, else it is planned as one.
 */
export function jobStages(
  job: Job,
  input: number,
  groups: ReadonlyMap<string, number>,
): { readonly planned: readonly PlannedStage[]; readonly counted: readonly StageItems[] } {
  const planned: PlannedStage[] = []
  /** What others follow: of a tree its top. */
  const tops = new Map<string, PlannedStage>()
  const counted = new Map<string, number | undefined>()
  let left = [...job.stages]
  while (left.length > 0) {
    const ready = left.filter(({ after }) => after.every(name => tops.has(name)))
    if (ready.length === 0) break
    for (const spec of ready) {
      const { name } = spec
      let after = spec.after.flatMap(of => tops.get(of) ?? [])
      const levels = levelsOf(spec, after[0]?.items ?? input, groups)
      for (const [at, level] of levels.entries()) {
        const own = at === 0 ? name : `${name}~${at + 1}`
        const stage = { spec, ...level, name: own, after: after.map(of => of.name) }
        planned.push(stage)
        tops.set(name, stage)
        after = [stage]
      }
      const all = levels.reduce((sum, { items }) => sum + items, 0)
      counted.set(name, isKnown(spec, counted, groups) ? all : undefined)
    }
    left = left.filter(({ name }) => !tops.has(name))
  }
  const items = job.stages.flatMap(({ name }) =>
    counted.has(name) ? [{ name, items: counted.get(name) }] : [],
  )
  return { planned, counted: items }
}

function isKnown(
  { kind, gather, by, name, after }: StageSpec,
  counted: ReadonlyMap<string, number | undefined>,
  groups: ReadonlyMap<string, number>,
): boolean {
  if (by !== undefined) return groups.has(name)
  const followsItems = kind === 'map' || (kind === 'reduce' && gather.kind === 'tree')
  return !followsItems || after.every(of => counted.get(of) !== undefined)
}

type Level = Pick<PlannedStage, 'items' | 'takes'>

function levelsOf(
  { kind, gather, by, name }: StageSpec,
  before: number,
  groups: ReadonlyMap<string, number>,
): Level[] {
  if (kind === 'map') return [{ items: before, takes: 1 }]
  if (by !== undefined) return [{ items: groups.get(name) ?? 1, takes: 'all' }]
  if (kind !== 'reduce' || gather.kind !== 'tree') return [{ items: 1, takes: 'all' }]
  const levels: Level[] = []
  for (let below = before; levels.length === 0 || below > 1; ) {
    below = Math.max(1, Math.ceil(below / gather.fanIn))
    levels.push({ items: below, takes: gather.fanIn })
  }
  return levels
}
