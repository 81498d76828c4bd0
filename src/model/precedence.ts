import type { Precedence } from './problem.ts'

/** Precedence along which nothing has to be moved. */
export function plainEdges(firstEdge: readonly number[], from: readonly number[]): Precedence {
  return {
    firstEdge: Int32Array.from(firstEdge),
    from: Int32Array.from(from),
    bytes: new Float64Array(from.length),
    time: new Float64Array(from.length),
  }
}

/** The same edges by predecessor: `firstEdge[task]..firstEdge[task + 1]` leave `task`. */
export type Successors = {
  readonly firstEdge: Int32Array
  /** The successor of each. */
  readonly to: Int32Array
  /** The edge's index in the problem, where its bytes and time are. */
  readonly edge: Int32Array
}

export function successorsOf(edges: Precedence): Successors {
  const tasks = edges.firstEdge.length - 1
  const firstEdge = new Int32Array(tasks + 1)
  for (const task of edges.from) firstEdge[task + 1] += 1
  for (let task = 0; task < tasks; task += 1) firstEdge[task + 1] += firstEdge[task]
  const next = firstEdge.slice(0, tasks)
  const to = new Int32Array(edges.from.length)
  const edge = new Int32Array(edges.from.length)
  for (let task = 0; task < tasks; task += 1) {
    for (let at = edges.firstEdge[task]; at < edges.firstEdge[task + 1]; at += 1) {
      const slot = next[edges.from[at]]++
      to[slot] = task
      edge[slot] = at
    }
  }
  return { firstEdge, to, edge }
}

/**
 * Tasks so that each comes after its predecessors (Kahn 1962). Shorter than the number of tasks
 * exactly when there is a cycle.
 */
export function topologicalOrder(edges: Precedence, successors = successorsOf(edges)): Int32Array {
  const tasks = edges.firstEdge.length - 1
  const missing = new Int32Array(tasks)
  const order = new Int32Array(tasks)
  let found = 0
  for (let task = 0; task < tasks; task += 1) {
    missing[task] = edges.firstEdge[task + 1] - edges.firstEdge[task]
    if (missing[task] === 0) order[found++] = task
  }
  for (let head = 0; head < found; head += 1) {
    const task = order[head]
    for (let at = successors.firstEdge[task]; at < successors.firstEdge[task + 1]; at += 1) {
      const to = successors.to[at]
      missing[to] -= 1
      if (missing[to] === 0) order[found++] = to
    }
  }
  return order.subarray(0, found)
}

/**
 * One cycle, as its tasks in the direction of the edges, without the repeated first; `undefined`
 * if there is none. Walks back from a task that the topological order misses: each such task has a
 * predecessor that is missed as well, so the walk must meet itself.
 */
export function findCycle(edges: Precedence): number[] | undefined {
  const tasks = edges.firstEdge.length - 1
  const order = topologicalOrder(edges)
  if (order.length === tasks) return undefined
  const ordered = new Uint8Array(tasks)
  for (const task of order) ordered[task] = 1
  const seenAt = new Int32Array(tasks).fill(-1)
  const walk: number[] = []
  let task = ordered.indexOf(0)
  while (seenAt[task] < 0) {
    seenAt[task] = walk.length
    walk.push(task)
    let at = edges.firstEdge[task]
    while (ordered[edges.from[at]] === 1) at += 1
    task = edges.from[at]
  }
  const cycle = walk.slice(seenAt[task]).reverse()
  const least = cycle.indexOf(cycle.reduce((a, b) => Math.min(a, b)))
  return [...cycle.slice(least), ...cycle.slice(0, least)]
}
