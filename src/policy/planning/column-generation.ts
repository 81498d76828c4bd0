import type { LpBound } from '../bound/certified.ts'
import { roundedDown } from '../bound/certified.ts'
import { type Columns, cheapestColumns } from '../bound/columns.ts'
import type { Unrelated } from '../bound/unrelated.ts'

/**
 * The assignment LP has classes x machines columns, of which an optimum uses at most
 * classes + machines. So we keep a few: at good machine prices those whose extra price over the
 * class's cheapest is least. The restricted LP returns prices of its own; any column cheaper there
 * than all kept ones of its class would improve it and is added (column generation: Ford and
 * Fulkerson 1958, Gilmore and Gomory 1961). When none is, the restricted optimum is the optimum.
 * A class with one column left is no decision, and becomes a constant load.
 */
export function* coreColumns(
  view: Unrelated,
  lambda: Float64Array,
  options: { readonly longest: number; readonly extra: number },
): Generator<undefined, Columns, void> {
  const perClass = Math.max(2, Math.min(16, Math.ceil((4 * options.extra) / view.classes)))
  const { columns } = yield* cheapestColumns(view, lambda, { longest: options.longest, perClass })
  const extraPrice = new Float64Array(columns.time.length)
  let candidates = 0
  for (let row = 0; row < view.classes; row += 1) {
    const base = columns.first[row]
    const cheapest = lambda[columns.machine[base]] * columns.time[base]
    for (let at = base + 1; at < columns.first[row + 1]; at += 1) {
      extraPrice[at] = lambda[columns.machine[at]] * columns.time[at] - cheapest
      candidates += 1
    }
  }
  if (candidates <= options.extra) return columns
  const dearest = extraPrice.slice().sort()[extraPrice.length - candidates + options.extra - 1]
  let [cheaper, equal] = [0, 0]
  for (let row = 0; row < view.classes; row += 1) {
    for (let at = columns.first[row] + 1; at < columns.first[row + 1]; at += 1) {
      if (extraPrice[at] < dearest) cheaper += 1
      else if (extraPrice[at] === dearest) equal += 1
    }
  }
  // Of equal prices every k-th, so that late rows are not left without.
  const share = (options.extra - cheaper) / equal
  let seen = 0
  const isNext = () => {
    seen += share
    return Math.floor(seen) > Math.floor(seen - share)
  }
  return keep(columns, at => extraPrice[at] < dearest || (extraPrice[at] === dearest && isNext()))
}

/** The columns of each row that pass, and always the row's first. */
function keep(columns: Columns, passes: (at: number) => boolean): Columns {
  const rows = columns.count.length
  const first = new Int32Array(rows + 1)
  const machine = new Int32Array(columns.machine.length)
  const time = new Float64Array(columns.time.length)
  let used = 0
  for (let row = 0; row < rows; row += 1) {
    for (let at = columns.first[row]; at < columns.first[row + 1]; at += 1) {
      if (at > columns.first[row] && !passes(at)) continue
      machine[used] = columns.machine[at]
      time[used] = columns.time[at]
      used += 1
    }
    first[row + 1] = used
  }
  return { ...columns, first, machine: machine.slice(0, used), time: time.slice(0, used) }
}

/**
 * Prices every column of the whole matrix: the bound these prices prove, and the kept columns with
 * the improving ones added, or the same object when there are none.
 */
export function* priceColumns(
  view: Unrelated,
  columns: Columns,
  lambda: Float64Array,
  options: { readonly longest: number },
): Generator<undefined, { bound: LpBound; columns: Columns }, void> {
  const { columns: cheap, sum } = yield* cheapestColumns(view, lambda, {
    longest: options.longest,
    perClass: 3,
  })
  const bound = { lambda, value: roundedDown(view, sum, lambda) }
  const tolerance = (sum / view.tasks) * 1e-7
  const added: { row: number; machine: number; time: number }[] = []
  for (let row = 0; row < view.classes; row += 1) {
    const paid = cheapestKept(columns, row, lambda)
    for (let at = cheap.first[row]; at < cheap.first[row + 1]; at += 1) {
      const [machine, time] = [cheap.machine[at], cheap.time[at]]
      if (lambda[machine] * time < paid - tolerance) added.push({ row, machine, time })
    }
  }
  return { bound, columns: added.length === 0 ? columns : withAdded(columns, added) }
}

function cheapestKept(columns: Columns, row: number, lambda: Float64Array): number {
  let cheapest = Infinity
  for (let at = columns.first[row]; at < columns.first[row + 1]; at += 1) {
    cheapest = Math.min(cheapest, lambda[columns.machine[at]] * columns.time[at])
  }
  return cheapest
}

/** The columns, with those that an assignment uses among them. */
export function includeUsed(view: Unrelated, columns: Columns, assignment: Int32Array): Columns {
  const missing = new Map<number, Pair>()
  for (let task = 0; task < view.tasks; task += 1) {
    const [row, machine] = [view.classOf[task], assignment[task]]
    const kept = columns.machine.subarray(columns.first[row], columns.first[row + 1])
    const at = row * view.machines + machine
    if (!kept.includes(machine)) missing.set(at, { row, machine, time: view.times[at] })
  }
  if (missing.size === 0) return columns
  return withAdded(
    columns,
    [...missing.values()].sort((a, b) => a.row - b.row || a.machine - b.machine),
  )
}

/**
 * The columns that a schedule of less than `makespan` may use: no other can pay off (reduced
 * costs).
 */
export function withinReach(
  columns: Columns,
  lambda: Float64Array,
  options: { readonly bound: number; readonly makespan: number },
): Columns {
  const slack = (options.makespan - options.bound) * (1 + 1e-9)
  const cheapest = new Float64Array(columns.machine.length)
  for (let row = 0; row < columns.count.length; row += 1) {
    const least = cheapestKept(columns, row, lambda)
    cheapest.fill(least, columns.first[row], columns.first[row + 1])
  }
  return keep(columns, at => lambda[columns.machine[at]] * columns.time[at] - cheapest[at] <= slack)
}

type Pair = { readonly row: number; readonly machine: number; readonly time: number }

/** `added` is in order of rows, and new. */
function withAdded(columns: Columns, added: readonly Pair[]): Columns {
  const rows = columns.count.length
  const first = new Int32Array(rows + 1)
  const machine = new Int32Array(columns.machine.length + added.length)
  const time = new Float64Array(machine.length)
  let used = 0
  let next = 0
  for (let row = 0; row < rows; row += 1) {
    const [from, to] = [columns.first[row], columns.first[row + 1]]
    machine.set(columns.machine.subarray(from, to), used)
    time.set(columns.time.subarray(from, to), used)
    used += to - from
    for (; next < added.length && added[next].row === row; next += 1) {
      machine[used] = added[next].machine
      time[used] = added[next].time
      used += 1
    }
    first[row + 1] = used
  }
  return { ...columns, first, machine, time }
}
