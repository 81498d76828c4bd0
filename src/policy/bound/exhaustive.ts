import type { Unrelated } from './unrelated.ts'

/**
 * Branch and bound over assignments of independent tasks, depth first: proves small instances
 * optimal without a solver. First least makespan; then, under that makespan, least total time, so
 * that of all optima the one that works least is found. A branch is cut when its fullest machine,
 * the place its next task must take, or its loads at given machine prices (the LP bound) reach the
 * best. Tasks of one class go to machines in order, and of machines that are alike and equally full
 * only the first is tried. Deterministic: the budget is a number of nodes; a branch that is looked
 * at and cut counts for a part of one, so that many machines take no longer than few.
 *
 * Differences below a relative 1e-12 count as ties: times such as 10/3 were rounded before we saw
 * them.
 */
export function exhaustive(
  view: Unrelated,
  options: {
    readonly nodes: number
    readonly lambda: Float64Array
    readonly incumbent: Int32Array
  },
): Exhausted {
  const search = prepare(view, options.lambda)
  search.best = Int32Array.from(search.order, task => options.incumbent[task])
  search.makespan = makespanOf(search, search.best)
  search.nodesLeft = options.nodes
  descend(search, 0, 'makespan', nothing)
  const proved = search.nodesLeft > 0
  if (proved) {
    search.work = workOf(search, search.best)
    descend(search, 0, 'work', nothing)
  }
  const assignment = new Int32Array(view.tasks)
  search.order.forEach((task, depth) => {
    assignment[task] = search.best[depth]
  })
  return { assignment, proved, tieBroken: search.nodesLeft > 0 }
}

type Exhausted = {
  readonly assignment: Int32Array
  /** No assignment has a smaller makespan. */
  readonly proved: boolean
  /** And none of this makespan has a smaller total time. */
  readonly tieBroken: boolean
}

type Search = {
  readonly machines: number
  /** Tasks in the order of branching, equal ones together. */
  readonly order: readonly number[]
  /**
   * By depth: the row of times, machines by rising time, and whether the class is the one before's.
   */
  readonly rows: readonly Float64Array[]
  readonly tries: readonly Int32Array[]
  readonly repeats: readonly boolean[]
  /** `alike[machine]`: the machine before it with the same column of times, or -1. */
  readonly alike: Int32Array
  readonly lambda: Float64Array
  /** From this depth on: what the tasks pay at least, and their least total time. */
  readonly priceLeft: Float64Array
  readonly workLeft: Float64Array
  readonly load: Float64Array
  readonly chosen: Int32Array
  best: Int32Array
  makespan: number
  work: number
  nodesLeft: number
}

const tie = 1e-12

function prepare(view: Unrelated, lambda: Float64Array): Search {
  const { machines, tasks, classOf } = view
  const rowOf = (task: number) =>
    view.times.subarray(classOf[task] * machines, (classOf[task] + 1) * machines)
  const least = (row: Float64Array) => row.reduce((a, b) => Math.min(a, b), Infinity)
  const leastByClass = Array.from({ length: view.classes }, (_, c) =>
    least(view.times.subarray(c * machines, (c + 1) * machines)),
  )
  const order = [...classOf.keys()].sort(
    (a, b) =>
      leastByClass[classOf[b]] - leastByClass[classOf[a]] || classOf[a] - classOf[b] || a - b,
  )
  const total = lambda.reduce((a, b) => a + b, 0)
  const prices = lambda.map(price => (total > 0 ? price / total : 1 / machines))
  const priceLeft = new Float64Array(tasks + 1)
  const workLeft = new Float64Array(tasks + 1)
  for (let depth = tasks - 1; depth >= 0; depth -= 1) {
    const row = rowOf(order[depth])
    priceLeft[depth] = priceLeft[depth + 1] + least(row.map((time, i) => pay(prices[i], time)))
    workLeft[depth] = workLeft[depth + 1] + least(row)
  }
  return {
    machines,
    order,
    rows: order.map(rowOf),
    tries: order.map(task => machinesByTime(rowOf(task))),
    repeats: order.map((task, depth) => depth > 0 && classOf[task] === classOf[order[depth - 1]]),
    alike: machinesAlike(view),
    lambda: prices,
    priceLeft,
    workLeft,
    load: new Float64Array(machines),
    chosen: new Int32Array(tasks),
    best: new Int32Array(tasks),
    makespan: Infinity,
    work: Infinity,
    nodesLeft: 0,
  }
}

function pay(price: number, time: number): number {
  return time === Infinity ? Infinity : price * time
}

function machinesByTime(row: Float64Array): Int32Array {
  const able = [...row.keys()].filter(machine => row[machine] < Infinity)
  return Int32Array.from(able.sort((a, b) => row[a] - row[b] || a - b))
}

function machinesAlike(view: Unrelated): Int32Array {
  const same = (a: number, b: number) => {
    for (let c = 0; c < view.classes; c += 1) {
      if (view.times[c * view.machines + a] !== view.times[c * view.machines + b]) return false
    }
    return true
  }
  const alike = new Int32Array(view.machines).fill(-1)
  for (let machine = 1; machine < view.machines; machine += 1) {
    for (let before = machine - 1; before >= 0 && alike[machine] < 0; before -= 1) {
      if (same(before, machine)) alike[machine] = before
    }
  }
  return alike
}

type Aim = 'makespan' | 'work'

/** What the tasks placed so far come to. */
type Placed = { readonly fullest: number; readonly paid: number; readonly work: number }

const nothing: Placed = { fullest: 0, paid: 0, work: 0 }

function descend(search: Search, depth: number, aim: Aim, placed: Placed): void {
  if (search.nodesLeft <= 0) return
  search.nodesLeft -= 1
  if (depth === search.order.length) {
    record(search, aim)
    return
  }
  const row = search.rows[depth]
  const floor = search.repeats[depth] ? search.chosen[depth - 1] : 0
  for (const machine of search.tries[depth]) {
    const time = row[machine]
    // The others take longer still.
    if (time > longestOf(search, aim) || search.nodesLeft <= 0) return
    if (machine < floor || hasTwinBefore(search, machine, floor)) continue
    search.nodesLeft -= branchCost
    const before = search.load[machine]
    const load = before + time
    search.load[machine] = load
    search.chosen[depth] = machine
    const now = {
      fullest: Math.max(placed.fullest, load),
      paid: placed.paid + search.lambda[machine] * time,
      work: placed.work + time,
    }
    if (!isCut(search, depth + 1, aim, now)) descend(search, depth + 1, aim, now)
    search.load[machine] = before
  }
}

/** Of a node's: most branches are cut at once. */
const branchCost = 1 / 16

/** A task that takes longer than this alone leads to nothing better. */
function longestOf({ makespan }: Search, aim: Aim): number {
  return aim === 'makespan' ? makespan * (1 - tie) : makespan * (1 + tie)
}

function hasTwinBefore(search: Search, machine: number, floor: number): boolean {
  for (let twin = search.alike[machine]; twin >= floor; twin = search.alike[twin]) {
    if (search.load[twin] === search.load[machine]) return true
  }
  return false
}

function isCut(search: Search, depth: number, aim: Aim, placed: Placed): boolean {
  const bound = Math.max(placed.fullest, placed.paid + search.priceLeft[depth])
  if (aim === 'makespan') {
    const limit = search.makespan * (1 - tie)
    return bound >= limit || leastEnd(search, depth) >= limit
  }
  const limit = search.makespan * (1 + tie)
  if (placed.work + search.workLeft[depth] >= search.work * (1 - tie)) return true
  return bound > limit || leastEnd(search, depth) > limit
}

function leastEnd({ tries, rows, load }: Search, depth: number): number {
  if (depth === rows.length) return 0
  const row = rows[depth]
  let least = Infinity
  for (const machine of tries[depth]) {
    if (row[machine] >= least) break
    least = Math.min(least, load[machine] + row[machine])
  }
  return least
}

function record(search: Search, aim: Aim): void {
  search.best = search.chosen.slice()
  if (aim === 'makespan') search.makespan = makespanOf(search, search.best)
  else search.work = workOf(search, search.best)
}

function makespanOf(search: Search, chosen: Int32Array): number {
  const load = new Float64Array(search.machines)
  chosen.forEach((machine, depth) => {
    load[machine] += search.rows[depth][machine]
  })
  return load.reduce((a, b) => Math.max(a, b), 0)
}

function workOf(search: Search, chosen: Int32Array): number {
  return chosen.reduce((work, machine, depth) => work + search.rows[depth][machine], 0)
}
