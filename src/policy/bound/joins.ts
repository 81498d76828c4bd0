/** A graph as it is seen from one side; from the other, ends are starts and joins are forks. */
type JoinGraph = {
  readonly tasks: number
  readonly machines: number
  /** Row-major `tasks x machines`. */
  readonly times: Float64Array
  /** The least start of each task on each machine: of those settled. */
  readonly begin: Float64Array
  /** Where each task stands in an order that keeps precedence. */
  readonly rank: Int32Array
  readonly first: Int32Array
  readonly before: Int32Array
  readonly edge: Int32Array
  /** The least time of edge `edge` into, or out of, `machine` from or to another one. */
  readonly into: (edge: number, machine: number) => number
  readonly outOf: (edge: number, machine: number) => number
  /** Of a machine: it runs one task at a time. */
  readonly single: readonly boolean[]
  /** All sums are exact. */
  readonly whole: boolean
}

export type Joins = {
  /**
   * Raises the least starts of `task`; answers whether any rose. All its predecessors are settled.
   */
  raise(task: number): boolean
  settle(task: number): void
}

/**
 * What joins cost where data takes time to move. Let `v` run on machine `k`. Each of its
 * predecessors, near and far, runs there too, or elsewhere, and then something moves to `k` on the
 * way. With A(u) the least start of `v` on `k` if `u` runs elsewhere, and any tasks S that precede
 * `v`: either one of S runs elsewhere, and `v` starts no earlier than the least A(u) of S; or all
 * of S run on `k`, one after another, and `v` starts no earlier than they can be done there. The
 * lesser of the two holds, for every S. Tried are those of the greatest A, one more at a time.
 * (Papadimitriou and Yannakakis 1990, for machines alike, equal delays and tasks that may run
 * twice.)
 *
 * A(u) is the least end of `u` elsewhere plus the least gap from there to the start of `v`: along
 * every edge x -> y on the way, where x and y are each on `k` or elsewhere, the gap from the end of
 * x is at least the transfer, if one of the two is on `k` and the other is not, the least time of y
 * there, and the gap from the end of y. Elsewhere may be the same machine for both, so nothing is
 * counted between. By induction along the order all of this holds for every schedule.
 *
 * Any tasks that precede `v` will do, so only the nearest are looked at.
 */
export function joinsOf(graph: JoinGraph): Joins {
  const { tasks, machines, times, begin } = graph
  const most = Math.min(MOST, Math.floor(WORK / (tasks * machines)))
  const ends = leastTwo(tasks)
  const own = leastTwo(tasks)
  const near = nearest(graph, most)
  const gaps = { on: new Float64Array(tasks), off: new Float64Array(tasks) }
  for (let task = 0; task < tasks; task += 1) {
    own.set(task, machines, on => times[task * machines + on])
  }
  return {
    raise(task) {
      if (most < 2 || machines < 2 || near.find(task) < 2) return false
      const safely = graph.whole ? 1 : 1 - (4 * near.count + 16) * 2 ** -52
      let raised = false
      for (let on = 0; on < machines; on += 1) {
        const at = task * machines + on
        if (times[at] === Number.POSITIVE_INFINITY) continue
        setGaps(graph, near, task, { on, gaps, own })
        const least = leastStart(graph, near, { on, gaps, ends, least: begin[at] }) * safely
        if (least <= begin[at]) continue
        begin[at] = least
        raised = true
      }
      return raised
    },
    settle(task) {
      const row = task * machines
      ends.set(task, machines, on => begin[row + on] + times[row + on])
    },
  }
}

/** Predecessors looked at, of each task. */
const MOST = 96
/** Of all tasks and machines: some tenths of a second. */
const WORK = 2e6

/** The least of a row, and the least without any one entry. */
function leastTwo(tasks: number) {
  const least = new Float64Array(tasks)
  const next = new Float64Array(tasks)
  const where = new Int32Array(tasks)
  return {
    set(task: number, machines: number, value: (on: number) => number): void {
      least[task] = Number.POSITIVE_INFINITY
      next[task] = Number.POSITIVE_INFINITY
      for (let on = 0; on < machines; on += 1) {
        const own = value(on)
        if (own < least[task]) {
          next[task] = least[task]
          least[task] = own
          where[task] = on
        } else if (own < next[task]) next[task] = own
      }
    },
    without: (task: number, on: number): number => (where[task] === on ? next[task] : least[task]),
  }
}

/** The nearest predecessors of a task, those closest to it in the order first. */
function nearest({ tasks, first, before, rank }: JoinGraph, most: number) {
  const seen = new Int32Array(tasks).fill(-1)
  const found = new Int32Array(Math.max(1, most))
  const near = {
    found,
    count: 0,
    /** Marks what was found for the task. */
    isNear: (other: number, task: number): boolean => seen[other] === task,
    find(task: number): number {
      let count = 0
      const join = (of: number): void => {
        for (let at = first[of]; at < first[of + 1] && count < most; at += 1) {
          const other = before[at]
          if (seen[other] === task) continue
          seen[other] = task
          found[count] = other
          count += 1
        }
      }
      join(task)
      for (let next = 0; next < count; next += 1) join(found[next])
      found.subarray(0, count).sort((a, b) => rank[b] - rank[a])
      near.count = count
      return count
    },
  }
  return near
}

type Near = ReturnType<typeof nearest>
type LeastTwo = ReturnType<typeof leastTwo>
type Gaps = { readonly on: Float64Array; readonly off: Float64Array }

/**
 * The least time from the end of each near predecessor to the start of the task, on `on` and
 * elsewhere.
 */
function setGaps(
  { first, before, edge, machines, times, into, outOf }: JoinGraph,
  near: Near,
  task: number,
  { on, gaps, own }: { readonly on: number; readonly gaps: Gaps; readonly own: LeastTwo },
): void {
  for (let at = 0; at < near.count; at += 1) {
    gaps.on[near.found[at]] = 0
    gaps.off[near.found[at]] = 0
  }
  for (let at = first[task]; at < first[task + 1]; at += 1) {
    const other = before[at]
    if (near.isNear(other, task)) gaps.off[other] = Math.max(gaps.off[other], into(edge[at], on))
  }
  for (let nth = 0; nth < near.count; nth += 1) {
    const next = near.found[nth]
    const here = times[next * machines + on] + gaps.on[next]
    const there = own.without(next, on) + gaps.off[next]
    for (let at = first[next]; at < first[next + 1]; at += 1) {
      const other = before[at]
      if (!near.isNear(other, task)) continue
      const stays = Math.min(here, there + outOf(edge[at], on))
      const moves = Math.min(there, here + into(edge[at], on))
      if (stays > gaps.on[other]) gaps.on[other] = stays
      if (moves > gaps.off[other]) gaps.off[other] = moves
    }
  }
}

function leastStart(
  { begin, times, machines, single }: JoinGraph,
  near: Near,
  how: {
    readonly on: number
    readonly gaps: Gaps
    readonly ends: LeastTwo
    readonly least: number
  },
): number {
  const { on, gaps, ends } = how
  const elsewhere = (task: number): number => ends.without(task, on) + gaps.off[task]
  const dearest = [...near.found.subarray(0, near.count)].filter(
    task => elsewhere(task) > how.least,
  )
  dearest.sort((a, b) => elsewhere(b) - elsewhere(a))
  let least = how.least
  /** Those that must all be here, by their least start. */
  const here: number[] = []
  let longest = 0
  for (const task of dearest) {
    const moved = elsewhere(task)
    if (moved <= least) break
    const cell = task * machines + on
    longest = Math.max(longest, begin[cell] + times[cell] + gaps.on[task])
    if (single[on]) {
      let at = here.length
      for (; at > 0 && begin[here[at - 1] * machines + on] > begin[cell]; at -= 1) {
        here[at] = here[at - 1]
      }
      here[at] = task
      longest = Math.max(longest, oneAfterAnother(begin, times, here, { on, machines, gaps }))
    }
    least = Math.max(least, Math.min(moved, longest))
  }
  return least
}

/**
 * When the tasks, by least start, are done one after another on a machine, and what must follow
 * all.
 */
function oneAfterAnother(
  begin: Float64Array,
  times: Float64Array,
  tasks: readonly number[],
  { on, machines, gaps }: { on: number; machines: number; gaps: Gaps },
): number {
  let now = 0
  let gap = Number.POSITIVE_INFINITY
  for (const task of tasks) {
    now = Math.max(now, begin[task * machines + on]) + times[task * machines + on]
    gap = Math.min(gap, gaps.on[task])
  }
  return now + gap
}
