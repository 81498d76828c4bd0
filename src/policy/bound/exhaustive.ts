import type { Unrelated } from './unrelated.ts'

/**
 * Branch and bound over assignments of independent tasks, depth first: proves small instances
 * optimal without a solver. First least makespan; then, under that makespan, least total time, so
 * that of all optima the one that works least is found. A branch is cut when its fullest machine, the
 * place its next task must take, or its loads at given machine prices (the LP bound) reach the best.
 * Tasks of one class go to machines in order, and of machines that are alike and equally full only
 * the first is tried. Deterministic: the budget is a number of nodes.
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
  descend(search, 0, 'makespan')
  const proved = search.nodesLeft > 0
  if (proved) {
    search.work = workOf(search, search.best)
    descend(search, 0, 'work')
  }
  const assignment = new Int32Array(view.tasks)
  search.order.forEach((task, depth) => {
    assignment[task] = search.best[depth]
  })
  return { assignment, proved, tieBroken: search.nodesLeft > 0 }
}

export type Exhausted = {
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
  /** By depth: the row of times, machines by rising time, and whether the class is the one before's. */
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

function descend(search: Search, depth: number, aim: 'makespan' | 'work'): void {
  if (search.nodesLeft <= 0) return
  search.nodesLeft -= 1
  if (depth === search.order.length) {
    record(search, aim)
    return
  }
  const row = search.rows[depth]
  const floor = search.repeats[depth] ? search.chosen[depth - 1] : 0
  for (const machine of search.tries[depth]) {
    if (machine < floor || hasTwinBefore(search, machine, floor)) continue
    const before = search.load[machine]
    search.load[machine] = before + row[machine]
    search.chosen[depth] = machine
    if (!isCut(search, depth + 1, aim)) descend(search, depth + 1, aim)
    search.load[machine] = before
  }
}

function hasTwinBefore(search: Search, machine: number, floor: number): boolean {
  for (let twin = search.alike[machine]; twin >= floor; twin = search.alike[twin]) {
    if (search.load[twin] === search.load[machine]) return true
  }
  return false
}

function isCut(search: Search, depth: number, aim: 'makespan' | 'work'): boolean {
  let fullest = 0
  let paid = search.priceLeft[depth]
  let work = search.workLeft[depth]
  for (let machine = 0; machine < search.machines; machine += 1) {
    const load = search.load[machine]
    if (load > fullest) fullest = load
    paid += search.lambda[machine] * load
    work += load
  }
  const next = depth < search.order.length ? leastEnd(search, depth) : 0
  const bound = Math.max(fullest, paid, next)
  if (aim === 'makespan') return bound >= search.makespan * (1 - tie)
  return bound > search.makespan * (1 + tie) || work >= search.work * (1 - tie)
}

function leastEnd(search: Search, depth: number): number {
  let least = Infinity
  for (const machine of search.tries[depth]) {
    least = Math.min(least, search.load[machine] + search.rows[depth][machine])
  }
  return least
}

function record(search: Search, aim: 'makespan' | 'work'): void {
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
