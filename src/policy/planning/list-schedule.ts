import { successorsOf } from '../../model/precedence.ts'
import type { Problem } from '../../model/problem.ts'
import type { Schedule } from '../../model/schedule.ts'
import { heap } from '../../std/heap.ts'
import { type PartialSchedule, partialSchedule } from './partial-schedule.ts'

/**
 * List scheduling (Graham 1966): of the tasks whose predecessors are all placed, take the first in
 * a static order, let the rule choose its machine, and go on.
 */
export function listSchedule(problem: Problem, rule: ListRule): Schedule {
  const partial = partialSchedule(problem, { insertion: rule.insertion ?? false })
  const { keys } = rule
  const ready = heap<number>((a, b) => (keys === undefined ? a - b : keys[a] - keys[b] || a - b))
  eachReady(
    problem,
    task => ready.push(task),
    () => {
      const task = ready.pop()
      if (task === undefined) return undefined
      partial.place(task, rule.machine(task, partial))
      return task
    },
  )
  return partial.schedule
}

type ListRule = {
  /** Lower goes first, ties by index; by index alone when absent. Finite numbers. */
  readonly keys?: Float64Array
  readonly insertion?: boolean
  readonly machine: (task: number, partial: PartialSchedule) => number
}

/**
 * Drives any rule over a precedence graph: tells which tasks became ready, then asks for one to be
 * placed, until `placeNext` has nothing left.
 */
export function eachReady(
  problem: Problem,
  becameReady: (task: number) => void,
  placeNext: () => number | undefined,
): void {
  const { firstEdge } = problem.edges
  const successors = successorsOf(problem.edges)
  const missing = new Int32Array(problem.tasks.length)
  for (let task = 0; task < missing.length; task += 1) {
    missing[task] = firstEdge[task + 1] - firstEdge[task]
    if (missing[task] === 0) becameReady(task)
  }
  for (let task = placeNext(); task !== undefined; task = placeNext()) {
    for (let at = successors.firstEdge[task]; at < successors.firstEdge[task + 1]; at += 1) {
      const next = successors.to[at]
      missing[next] -= 1
      if (missing[next] === 0) becameReady(next)
    }
  }
}
