import type { LinearProgram } from '../../model/linear-program.ts'
import type { Columns } from '../bound/columns.ts'
import type { Unrelated } from '../bound/unrelated.ts'

/**
 * The assignment LP over some columns, in a solver's form: min C; every class places its tasks;
 * every machine's load is at most C. Times are divided by `unit` so that C is near 1. A class with
 * a single column is a constant in its machine's row. With whole numbers asked for, it is the MILP.
 */
export type AssignmentModel = {
  readonly program: LinearProgram
  /** Which column of `columns` each column of the program is; the makespan, the last, left out. */
  readonly pairs: Int32Array
  readonly openClasses: number
}

export function assignmentModel(
  view: Unrelated,
  columns: Columns,
  options: {
    readonly unit: number
    readonly whole: boolean
    readonly atLeast?: number
    readonly atMost?: number
  },
): AssignmentModel {
  const { unit } = options
  const { openRow, openClasses, pairs, fixedLoad } = splitOpen(view, columns)
  const size = pairs.length + 1
  const rows = openClasses + view.machines
  const first = new Int32Array(size + 1)
  const row = new Int32Array(2 * pairs.length + view.machines)
  const value = new Float64Array(row.length)
  const upper = new Float64Array(size)
  const rowLower = new Float64Array(rows).fill(-Infinity)
  const rowUpper = new Float64Array(rows)
  let column = 0
  for (let c = 0; c < view.classes; c += 1) {
    if (openRow[c] < 0) continue
    rowLower[openRow[c]] = rowUpper[openRow[c]] = view.count[c]
    for (let at = columns.first[c]; at < columns.first[c + 1]; at += 1, column += 1) {
      row[2 * column] = openRow[c]
      value[2 * column] = 1
      row[2 * column + 1] = openClasses + columns.machine[at]
      value[2 * column + 1] = columns.time[at] / unit
      upper[column] = view.count[c]
      first[column + 1] = 2 * (column + 1)
    }
  }
  for (let machine = 0; machine < view.machines; machine += 1) {
    row[2 * column + machine] = openClasses + machine
    value[2 * column + machine] = -1
    rowUpper[openClasses + machine] = -fixedLoad[machine] / unit
  }
  first[size] = row.length
  const lower = new Float64Array(size)
  const cost = new Float64Array(size)
  cost[column] = 1
  lower[column] = (options.atLeast ?? 0) / unit
  upper[column] = (options.atMost ?? Infinity) / unit
  const integer = options.whole ? new Uint8Array(size).fill(1, 0, column) : undefined
  const program = { cost, lower, upper, rowLower, rowUpper, first, row, value, integer }
  return { program, pairs, openClasses }
}

function splitOpen(view: Unrelated, columns: Columns) {
  const openRow = new Int32Array(view.classes).fill(-1)
  const fixedLoad = new Float64Array(view.machines)
  const pairs: number[] = []
  let openClasses = 0
  for (let c = 0; c < view.classes; c += 1) {
    const [from, to] = [columns.first[c], columns.first[c + 1]]
    if (to - from === 1) {
      fixedLoad[columns.machine[from]] += columns.time[from] * view.count[c]
      continue
    }
    openRow[c] = openClasses
    openClasses += 1
    for (let at = from; at < to; at += 1) pairs.push(at)
  }
  return { openRow, openClasses, pairs: Int32Array.from(pairs), fixedLoad }
}

/** The machine prices in the duals of a solved program: of the load rows, never below 0, sum 1. */
export function pricesOf(
  view: Unrelated,
  model: AssignmentModel,
  rowDuals: Float64Array,
): Float64Array {
  const lambda = new Float64Array(view.machines)
  let total = 0
  for (let machine = 0; machine < view.machines; machine += 1) {
    lambda[machine] = Math.max(0, -rowDuals[model.openClasses + machine])
    total += lambda[machine]
  }
  return total > 0 ? lambda.map(price => price / total) : lambda.fill(1 / view.machines)
}

/** How many tasks of each column the solution takes, fixed classes included. */
export function amountsOf(
  view: Unrelated,
  columns: Columns,
  model: AssignmentModel,
  values: Float64Array,
): Float64Array {
  const amounts = new Float64Array(columns.machine.length)
  for (let c = 0; c < view.classes; c += 1) {
    if (columns.first[c + 1] - columns.first[c] === 1) amounts[columns.first[c]] = view.count[c]
  }
  model.pairs.forEach((at, column) => {
    amounts[at] = Math.max(0, values[column])
  })
  return amounts
}
