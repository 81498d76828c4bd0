import { amountOf, type Problem } from '../../model/problem.ts'

/**
 * A problem seen as unrelated parallel machines, R||Cmax: only who runs what matters, so tasks with
 * equal rows of times collapse into one class with a count. What the view drops (precedence,
 * transfers, release dates) can only lengthen a schedule, so its lower bounds hold for the problem.
 */
export type Unrelated = {
  readonly tasks: number
  readonly machines: number
  readonly classes: number
  /** Row-major `classes x machines`; `Infinity` where a machine cannot run the class. */
  readonly times: Float64Array
  /** Tasks in each class. */
  readonly count: Int32Array
  readonly classOf: Int32Array
  /** Every finite time is a whole number, so a makespan is one too. */
  readonly integral: boolean
}

export function unrelatedOf(problem: Problem, shares?: Float64Array): Unrelated {
  if (shares !== undefined) return viewOf(problem, shares)
  const known = views.get(problem)
  if (known !== undefined) return known
  const view = viewOf(problem, loadShares(problem))
  views.set(problem, view)
  return view
}

/** Of a problem, which never changes: bounds, search and solver all ask, and 20 million times take half a second. */
const views = new WeakMap<Problem, Unrelated>()

function viewOf(problem: Problem, shares: Float64Array | undefined): Unrelated {
  const tasks = problem.tasks.length
  const machines = problem.machines.length
  const times = shares ?? problem.times
  const { classOf, first } = groupEqualRows(times, tasks, machines)
  const count = new Int32Array(first.length)
  for (let task = 0; task < tasks; task += 1) count[classOf[task]] += 1
  const distinct = first.length === tasks ? times : rowsOf(times, first, machines)
  return {
    tasks,
    machines,
    classes: first.length,
    times: distinct,
    count,
    classOf,
    integral: shares === undefined && allIntegral(distinct),
  }
}

/** Why a schedule of this problem is more than an assignment, or `undefined` if it is not. */
export function whyNotUnrelated(problem: Problem): string | undefined {
  if (problem.edges.from.length > 0) {
    return 'the tasks depend on each other: on precedence graphs a search does better than a MIP'
  }
  const sharing = problem.machines.find(machine => machine.capacity !== undefined)
  if (sharing) return `machine ${sharing.id} has a capacity: it may run several tasks at once`
  const late = problem.tasks.find(task => task.release > 0)
  if (late) return `task ${late.id} has a release date`
  const stuck = problem.tasks.findIndex((_, task) => !isRunnable(problem, task))
  if (stuck >= 0) return `no machine can run task ${problem.tasks[stuck].id}`
  return undefined
}

function isRunnable(problem: Problem, task: number): boolean {
  const machines = problem.machines.length
  for (let at = task * machines; at < (task + 1) * machines; at += 1) {
    if (problem.times[at] < Infinity) return true
  }
  return false
}

/**
 * On a machine with capacity several tasks overlap, yet for any one resource the sum of
 * time x need / capacity cannot exceed the makespan. We take the machine's most demanded resource.
 */
function loadShares(problem: Problem): Float64Array | undefined {
  if (problem.machines.every(machine => machine.capacity === undefined)) return undefined
  const machines = problem.machines.length
  const shares = Float64Array.from(problem.times)
  for (let machine = 0; machine < machines; machine += 1) {
    const capacity = problem.machines[machine].capacity
    if (capacity === undefined) continue
    const resource = mostDemanded(problem, machine, capacity)
    for (let task = 0; task < problem.tasks.length; task += 1) {
      const need = resource === undefined ? 0 : amountOf(problem.tasks[task].needs, resource)
      const at = task * machines + machine
      if (need === 0) shares[at] = Number.isFinite(shares[at]) ? 0 : Infinity
      else shares[at] *= need / capacity[resource as string]
    }
  }
  return shares
}

function mostDemanded(
  problem: Problem,
  machine: number,
  capacity: Readonly<Record<string, number>>,
): string | undefined {
  let most = 0
  let chosen: string | undefined
  for (const resource of Object.keys(capacity).sort()) {
    let demand = 0
    for (let task = 0; task < problem.tasks.length; task += 1) {
      const time = problem.times[task * problem.machines.length + machine]
      const need = amountOf(problem.tasks[task].needs, resource)
      if (need > 0 && Number.isFinite(time)) demand += (time * need) / capacity[resource]
    }
    if (demand > most && Number.isFinite(demand)) {
      most = demand
      chosen = resource
    }
  }
  return chosen
}

/**
 * Rows are told apart by a hash of a few entries; only rows that agree on it are compared whole.
 */
function groupEqualRows(times: Float64Array, tasks: number, machines: number) {
  const bits = new Uint32Array(times.buffer, times.byteOffset, times.length * 2)
  const classOf = new Int32Array(tasks)
  const first: number[] = []
  const hashes = new Int32Array(tasks)
  const next = new Int32Array(tasks)
  const newest = new Int32Array(2 ** Math.ceil(Math.log2(tasks + 1))).fill(-1)
  const sampled = Math.max(1, Math.floor(machines / 16))
  const mix = (hash: number, machine: number, at: number): number => {
    const mixed = Math.imul(hash ^ bits[at] ^ Math.imul(bits[at + 1], 0x85ebca6b), 0xc2b2ae35)
    return mixed ^ machine ^ ((mixed ^ machine) >>> 15)
  }
  const hashOf = (task: number): number => {
    const row = task * machines
    let [hash, able] = [0, 0]
    for (let machine = 0; machine < machines; machine += sampled) {
      hash = mix(hash, machine, 2 * (row + machine))
      if (times[row + machine] < Number.POSITIVE_INFINITY) able += 1
    }
    // A few machines can run it: a sample would be the same for most tasks.
    for (let machine = 0; able < 8 && machine < machines; machine += 1) {
      if (times[row + machine] === Number.POSITIVE_INFINITY) continue
      hash = mix(hash, machine, 2 * (row + machine))
    }
    return hash ^ (hash >>> 16)
  }
  const isSame = (row: number, hash: number, task: number): boolean =>
    hashes[row] === hash && sameRow(times, machines, first[row], task)
  for (let task = 0; task < tasks; task += 1) {
    const hash = hashOf(task)
    const slot = hash & (newest.length - 1)
    let found = newest[slot]
    while (found >= 0 && !isSame(found, hash, task)) found = next[found]
    if (found < 0) {
      found = first.length
      hashes[found] = hash
      next[found] = newest[slot]
      newest[slot] = found
      first.push(task)
    }
    classOf[task] = found
  }
  return { classOf, first }
}

function sameRow(times: Float64Array, machines: number, a: number, b: number): boolean {
  for (let machine = 0; machine < machines; machine += 1) {
    if (times[a * machines + machine] !== times[b * machines + machine]) return false
  }
  return true
}

function rowsOf(times: Float64Array, rows: readonly number[], machines: number): Float64Array {
  const chosen = new Float64Array(rows.length * machines)
  rows.forEach((row, index) => {
    chosen.set(times.subarray(row * machines, (row + 1) * machines), index * machines)
  })
  return chosen
}

function allIntegral(times: Float64Array): boolean {
  for (let at = 0; at < times.length; at += 1) {
    const time = times[at]
    if (time !== Infinity && !Number.isSafeInteger(time)) return false
  }
  return true
}
