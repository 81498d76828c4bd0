import { successorsOf } from '../model/precedence.ts'
import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { heap } from '../std/heap.ts'

/**
 * A schedule as the core adopts it: for each task its machine and its rank by start. Ranks follow
 * precedence even where rounding or tasks of no duration make starts tie, for a machine that waits
 * for its tasks in rank order must never wait in a circle.
 */
export function planRanks(
  problem: Problem,
  plan: Schedule,
): { items: number[]; machines: number[]; ranks: number[] } {
  const { firstEdge } = problem.edges
  const successors = successorsOf(problem.edges)
  const missing = Int32Array.from(problem.tasks, (_, task) => firstEdge[task + 1] - firstEdge[task])
  const ready = heap<number>(
    (a, b) => plan.start[a] - plan.start[b] || plan.end[a] - plan.end[b] || a - b,
  )
  missing.forEach((count, task) => {
    if (count === 0) ready.push(task)
  })
  const items: number[] = []
  for (let task = ready.pop(); task !== undefined; task = ready.pop()) {
    items.push(task)
    for (let at = successors.firstEdge[task]; at < successors.firstEdge[task + 1]; at += 1) {
      const next = successors.to[at]
      missing[next] -= 1
      if (missing[next] === 0) ready.push(next)
    }
  }
  return {
    items,
    machines: items.map(item => plan.machine[item]),
    ranks: items.map((_, rank) => rank),
  }
}
