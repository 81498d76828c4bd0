import type { Complaint } from './explain.ts'
import type { StageValue } from './job-schema.ts'
import { didYouMean } from './nearest.ts'

/**
 * What each stage follows. Without `after` a stage follows the one written before it; the first
 * reads the job's input. Names must be unique, exist, and form no cycle.
 */
export function stageGraph(stages: readonly StageValue[]): {
  readonly after: readonly (readonly string[])[]
  readonly complaints: readonly Complaint[]
} {
  const names = stages.map(stage => stage.name)
  const after = stages.map((stage, at) => [...new Set(followed(stage, names[at - 1]))])
  const complaints = [
    ...repeatedNames(names),
    ...unknownNames(stages, after, names),
    ...tooMany(stages, after),
  ]
  const cycle = complaints.length === 0 ? findCycle(names, after) : undefined
  if (cycle !== undefined) {
    const text = `stages wait for each other: ${cycle.join(' -> ')} (each follows the next)`
    complaints.push({ path: ['stages', names.indexOf(cycle[0]), 'after'], text })
  }
  return { after, complaints }
}

function followed(stage: StageValue, previous: string | undefined): readonly string[] {
  if (typeof stage.after === 'string') return [stage.after]
  return stage.after ?? (previous === undefined ? [] : [previous])
}

function repeatedNames(names: readonly string[]): Complaint[] {
  return names.flatMap((name, at) => {
    const first = names.indexOf(name)
    if (first === at) return []
    const text = `stage ${first} is named "${name}" too; expected a name of its own`
    return [{ path: ['stages', at, 'name'], text }]
  })
}

function unknownNames(
  stages: readonly StageValue[],
  after: readonly (readonly string[])[],
  names: readonly string[],
): Complaint[] {
  return stages.flatMap((_, at) =>
    after[at]
      .filter(name => !names.includes(name))
      .map(name => ({
        path: ['stages', at, 'after'],
        text: `no stage is named "${name}"${didYouMean(name, names)} (stages: ${names.join(', ')})`,
      })),
  )
}

/** An item of a map stage comes from one item upstream; only reduce and single stages join. */
function tooMany(
  stages: readonly StageValue[],
  after: readonly (readonly string[])[],
): Complaint[] {
  return stages.flatMap((stage, at) =>
    stage.map === undefined || after[at].length < 2
      ? []
      : [
          {
            path: ['stages', at, 'after'],
            text: `a map stage follows at most one stage, this one follows ${after[at].join(', ')}; join them in a reduce or single stage`,
          },
        ],
  )
}

/** Depth first without recursion; the cycle closes with its first name repeated. */
function findCycle(
  names: readonly string[],
  after: readonly (readonly string[])[],
): readonly string[] | undefined {
  const index = new Map(names.map((name, at) => [name, at]))
  const state = new Uint8Array(names.length)
  for (let root = 0; root < names.length; root += 1) {
    const path: { readonly stage: number; next: number }[] = []
    if (state[root] === 0) path.push({ stage: root, next: 0 })
    while (path.length > 0) {
      const top = path[path.length - 1]
      state[top.stage] = 1
      const name = after[top.stage][top.next]
      top.next += 1
      if (name === undefined) {
        state[top.stage] = 2
        path.pop()
        continue
      }
      const next = index.get(name)!
      if (state[next] === 1) {
        const from = path.findIndex(step => step.stage === next)
        return [...path.slice(from).map(step => names[step.stage]), names[next]]
      }
      if (state[next] === 0) path.push({ stage: next, next: 0 })
    }
  }
  return undefined
}
