import type { Unrelated } from '../bound/unrelated.ts'
import { type Assignment, loadsOf } from './assignment.ts'

/**
 * Of schedules with the same makespan the one that works less is better: moves single tasks to
 * where they take less time, most gained first per task, as long as no machine ends after
 * `makespan`.
 */
export function withLessWork(view: Unrelated, start: Assignment, makespan: number): Assignment {
  const assignment = start.slice()
  const load = loadsOf(view, assignment)
  let moved = true
  while (moved) {
    moved = false
    for (let task = 0; task < view.tasks; task += 1) {
      const base = view.classOf[task] * view.machines
      const current = assignment[task]
      let chosen = current
      for (let machine = 0; machine < view.machines; machine += 1) {
        const time = view.times[base + machine]
        if (time < view.times[base + chosen] && load[machine] + time <= makespan) chosen = machine
      }
      if (chosen === current) continue
      load[current] -= view.times[base + current]
      load[chosen] += view.times[base + chosen]
      assignment[task] = chosen
      moved = true
    }
  }
  return assignment
}
