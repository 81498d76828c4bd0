import type { Unrelated } from './unrelated.ts'

/** Some of the pairs (task class, machine), by class: class `c` owns `first[c]..first[c + 1]`. */
export type Columns = {
  readonly first: Int32Array
  readonly machine: Int32Array
  readonly time: Float64Array
  /** Tasks in each row; a sample has fewer rows than the view, weighted up. */
  readonly count: Float64Array | Int32Array
}

export function allColumns(view: Unrelated, longest: number): Columns {
  return columnsOf(view, longest, 1)
}

/** Every k-th class, so that about `entries` pairs remain. Only the ratios of loads matter. */
export function sampledColumns(view: Unrelated, longest: number, entries: number): Columns {
  const stride = Math.max(1, Math.floor((view.classes * view.machines) / entries))
  return columnsOf(view, longest, stride)
}

function columnsOf(view: Unrelated, longest: number, stride: number): Columns {
  const rows = Math.ceil(view.classes / stride)
  const first = new Int32Array(rows + 1)
  const machine = new Int32Array(rows * view.machines)
  const time = new Float64Array(rows * view.machines)
  const count = new Int32Array(rows)
  let used = 0
  for (let row = 0; row < rows; row += 1) {
    const base = row * stride * view.machines
    for (let i = 0; i < view.machines; i += 1) {
      const value = view.times[base + i]
      if (value === Infinity || value > longest) continue
      machine[used] = i
      time[used] = value
      used += 1
    }
    count[row] = view.count[row * stride]
    first[row + 1] = used
  }
  return { first, machine: machine.subarray(0, used), time: time.subarray(0, used), count }
}

/**
 * The `perClass` cheapest columns of every class at these prices, and the sum over the tasks of the
 * cheapest: one pass over the whole matrix, yielding every two million entries so that a caller
 * with a clock can stop.
 */
export function* cheapestColumns(
  view: Unrelated,
  lambda: Float64Array,
  options: { readonly longest: number; readonly perClass: number },
): Generator<undefined, { columns: Columns; sum: number }, void> {
  const width = Math.min(options.perClass, view.machines)
  const first = new Int32Array(view.classes + 1)
  const machine = new Int32Array(view.classes * width)
  const time = new Float64Array(view.classes * width)
  const price = new Float64Array(width)
  const rowsPerStep = Math.max(1, Math.floor(2_000_000 / view.machines))
  let sum = 0
  for (let row = 0; row < view.classes; row += 1) {
    const base = first[row]
    let kept = 0
    for (let i = 0, at = row * view.machines; i < view.machines; i += 1, at += 1) {
      const value = view.times[at]
      const paid = lambda[i] * value
      if (kept === width && !(paid < price[width - 1])) continue
      if (value === Infinity || value > options.longest) continue
      let slot = kept < width ? kept : width - 1
      for (; slot > 0 && paid < price[slot - 1]; slot -= 1) {
        price[slot] = price[slot - 1]
        machine[base + slot] = machine[base + slot - 1]
        time[base + slot] = time[base + slot - 1]
      }
      price[slot] = paid
      machine[base + slot] = i
      time[base + slot] = value
      if (kept < width) kept += 1
    }
    sum += (kept > 0 ? price[0] : Infinity) * view.count[row]
    first[row + 1] = base + kept
    if (row % rowsPerStep === rowsPerStep - 1) yield undefined
  }
  const used = first[view.classes]
  return {
    columns: {
      first,
      machine: machine.subarray(0, used),
      time: time.subarray(0, used),
      count: view.count,
    },
    sum,
  }
}
