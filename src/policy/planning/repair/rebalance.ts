/**
 * Loads brought level again after reality left a plan: the longest machine gives a task away, or
 * swaps one, whichever leaves the longer of the two machines shortest, until nothing helps. Changes
 * `machine` and `load`. Deterministic; of equals the first found.
 * Source: critical-machine moves and swaps, Glass, Potts and Shade 1994.
 */
export function rebalance(view: Balance, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    const from = longest(view.load)
    const exchange = bestExchange(view, from)
    if (exchange === undefined) return
    move(view, exchange.task, exchange.to)
    if (exchange.other >= 0) move(view, exchange.other, from)
  }
}

export type Balance = {
  readonly machines: number
  /** Row-major `tasks x machines`, of the tasks that can still move. */
  readonly times: Float64Array
  /** Where each of them is; a machine that can run it. */
  readonly machine: Int32Array
  /** Each machine's end, with all that is on it. */
  readonly load: Float64Array
}

/** `task` goes to machine `to`; `other`, unless -1, comes from there. */
type Exchange = { readonly task: number; readonly other: number; readonly to: number }

function longest(load: Float64Array): number {
  let most = 0
  for (let on = 1; on < load.length; on += 1) if (load[on] > load[most]) most = on
  return most
}

function bestExchange(view: Balance, from: number): Exchange | undefined {
  const { machine, load, times, machines } = view
  let least = load[from] * (1 - leastGain)
  let [task, other, to] = [-1, -1, -1]
  for (let own = 0; own < machine.length; own += 1) {
    if (machine[own] !== from) continue
    const row = own * machines
    const without = load[from] - times[row + from]
    for (let on = 0; on < machines; on += 1) {
      const value = Math.max(without, load[on] + times[row + on])
      if (on === from || !(value < least)) continue
      least = value
      ;[task, other, to] = [own, -1, on]
    }
    for (let mate = 0; mate < machine.length; mate += 1) {
      const here = without + times[mate * machines + from]
      if (!(here < least) || machine[mate] === from) continue
      const on = machine[mate]
      const value = Math.max(here, load[on] - times[mate * machines + on] + times[row + on])
      if (!(value < least)) continue
      least = value
      ;[task, other, to] = [own, mate, on]
    }
  }
  return task < 0 ? undefined : { task, other, to }
}

/** Loads are kept by adding and subtracting, so a smaller gain may be rounding only. */
const leastGain = 1e-9

function move({ machine, load, times, machines }: Balance, task: number, to: number): void {
  const row = task * machines
  load[machine[task]] -= times[row + machine[task]]
  load[to] += times[row + to]
  machine[task] = to
}
