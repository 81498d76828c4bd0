import type { Columns } from '../bound/columns.ts'
import type { Unrelated } from '../bound/unrelated.ts'
import { type Assignment, handOut, makespanOfAssignment } from './assignment.ts'

/**
 * Rounds a vertex of the assignment LP to a schedule of at most C + the longest time used (Lenstra,
 * Shmoys and Tardos 1990), which is twice the optimum when the LP left out all times above its own
 * value. A vertex splits at most one task per machine: the split tasks and their machines form a
 * graph with a matching that covers the tasks, and a machine gets at most one of them. Of all
 * matchings we take one whose fullest machine is least full. Where it ends earlier we put the split
 * tasks, longest first, wherever they end first instead, which keeps the guarantee.
 *
 * Returns `undefined` if the amounts are no vertex, and so have no such matching.
 */
export function roundVertex(
  view: Unrelated,
  columns: Columns,
  amounts: Float64Array,
): Assignment | undefined {
  const { whole, load, split } = takeWholePart(view, columns, amounts)
  const matched = fairestMatching(split, load)
  if (matched === undefined) return undefined
  for (const edge of matched) whole[edge.at] += 1
  const byMatching = handOut(view, columns, whole)
  const byList = byMatching.slice()
  listSplit(view, { assignment: byList, split, matched, load })
  const better = makespanOfAssignment(view, byList) < makespanOfAssignment(view, byMatching)
  return better ? byList : byMatching
}

/** One unit of a class that the LP splits between machines. */
type Split = { readonly row: number; readonly edges: readonly Edge[] }
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
    for (; rest > 0; rest -= 1) split.push({ row: c, edges })
  }
  return { whole, load, split }
}

/** Of the matchings of every split task, one that fills the fullest machine least. */
function fairestMatching(split: readonly Split[], load: Float64Array): Edge[] | undefined {
  let chosen = matchWithin(split, load, Infinity)
  const fills = split.flatMap(task => task.edges.map(edge => fillOf(load, edge)))
  const limits = [...new Set(fills)].sort((a, b) => a - b)
  let [low, high] = [0, limits.length - 1]
  while (chosen && low < high) {
    const middle = (low + high) >> 1
    const found = matchWithin(split, load, limits[middle])
    if (found) {
      chosen = found
      high = middle
    } else {
      low = middle + 1
    }
  }
  return chosen
}

function fillOf(load: Float64Array, edge: Edge): number {
  return load[edge.machine] + edge.time
}

/**
 * A matching of every split task by augmenting paths (Kuhn 1955), over edges that fill at most so
 * far.
 */
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

/** Of each class the last tasks the matching gave to a split edge's machine are the split ones. */
function listSplit(
  view: Unrelated,
  given: {
    readonly assignment: Assignment
    readonly split: readonly Split[]
    readonly matched: readonly Edge[]
    readonly load: Float64Array
  },
): void {
  const { assignment, split, matched, load } = given
  const end = load.slice()
  const taken = new Set<number>()
  const units = split.map((unit, index) => ({
    row: unit.row,
    task: lastOf(view, assignment, { row: unit.row, machine: matched[index].machine, taken }),
    time: matched[index].time,
  }))
  units.sort((a, b) => b.time - a.time || a.task - b.task)
  for (const { row, task } of units) {
    let first = 0
    const endOn = (machine: number) => end[machine] + view.times[row * view.machines + machine]
    for (let machine = 1; machine < view.machines; machine += 1) {
      if (endOn(machine) < endOn(first)) first = machine
    }
    end[first] = endOn(first)
    assignment[task] = first
  }
}

function lastOf(
  view: Unrelated,
  assignment: Assignment,
  { row, machine, taken }: { row: number; machine: number; taken: Set<number> },
): number {
  let task = view.tasks - 1
  while (view.classOf[task] !== row || assignment[task] !== machine || taken.has(task)) task -= 1
  taken.add(task)
  return task
}
