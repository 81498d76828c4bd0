import type { Columns } from '../bound/columns.ts'
import type { Unrelated } from '../bound/unrelated.ts'
import { type Assignment, handOut } from './assignment.ts'

/**
 * Rounds a vertex of the assignment LP to a schedule of at most C + the longest time used (Lenstra,
 * Shmoys and Tardos 1990), which is twice the optimum when the LP left out all times above its own
 * value. A vertex splits at most one task per machine: the split tasks and their machines form a graph
 * with a matching that covers the tasks, and a machine gets at most one of them. Of all matchings we
 * take one whose fullest machine is least full.
 *
 * Returns `undefined` if the amounts are no vertex, and so have no such matching.
 */
export function roundVertex(
  view: Unrelated,
  columns: Columns,
  amounts: Float64Array,
): Assignment | undefined {
  const { whole, load, split } = takeWholePart(view, columns, amounts)
  const fullness = [...new Set(split.flatMap(task => task.edges.map(edge => fillOf(load, edge))))]
  fullness.sort((a, b) => a - b)
  let [low, high] = [0, fullness.length - 1]
  let chosen: Edge[] | undefined = split.length === 0 ? [] : undefined
  if (split.length > 0) {
    chosen = matchWithin(split, load, Infinity)
    if (chosen === undefined) return undefined
    while (low < high) {
      const middle = (low + high) >> 1
      const found = matchWithin(split, load, fullness[middle])
      if (found) {
        chosen = found
        high = middle
      } else {
        low = middle + 1
      }
    }
  }
  for (const edge of chosen ?? []) whole[edge.at] += 1
  return handOut(view, columns, whole)
}

/** One unit of a class that the LP splits between machines. */
type Split = { readonly edges: readonly Edge[] }
type Edge = { readonly at: number; readonly machine: number; readonly time: number }

const nearlyWhole = 1e-6

function takeWholePart(view: Unrelated, columns: Columns, amounts: Float64Array) {
  const whole = new Int32Array(amounts.length)
  const load = new Float64Array(view.machines)
  const split: Split[] = []
  for (let c = 0; c < view.classes; c += 1) {
    const edges: Edge[] = []
    let rest = view.count[c]
    for (let at = columns.first[c]; at < columns.first[c + 1]; at += 1) {
      const amount = Math.min(rest, Math.floor(amounts[at] + nearlyWhole))
      const [machine, time] = [columns.machine[at], columns.time[at]]
      whole[at] = amount
      rest -= amount
      load[machine] += amount * time
      if (amounts[at] - amount > nearlyWhole) edges.push({ at, machine, time })
    }
    for (; rest > 0; rest -= 1) split.push({ edges })
  }
  return { whole, load, split }
}

function fillOf(load: Float64Array, edge: Edge): number {
  return load[edge.machine] + edge.time
}

/** A matching of every split task by augmenting paths (Kuhn 1955), over edges that fill at most so far. */
function matchWithin(
  split: readonly Split[],
  load: Float64Array,
  limit: number,
): Edge[] | undefined {
  const takenBy = new Map<number, number>()
  const chosen = new Array<Edge>(split.length)
  const augment = (task: number, visited: Set<number>): boolean => {
    for (const edge of split[task].edges) {
      if (fillOf(load, edge) > limit || visited.has(edge.machine)) continue
      visited.add(edge.machine)
      const holder = takenBy.get(edge.machine)
      if (holder !== undefined && !augment(holder, visited)) continue
      takenBy.set(edge.machine, task)
      chosen[task] = edge
      return true
    }
    return false
  }
  for (let task = 0; task < split.length; task += 1) {
    if (!augment(task, new Set())) return undefined
  }
  return chosen
}
