import type { Problem } from '../../model/problem.ts'
import type { Schedule } from '../../model/schedule.ts'
import type { Planner, PlanOptions } from './planner.ts'

/** A planner that builds one schedule from nothing and is done: one step. */
export function constructive(description: {
  readonly name: string
  readonly source: string
  readonly build: (problem: Problem, options: PlanOptions) => Schedule
}): Planner {
  const { name, source, build } = description
  return {
    name,
    source,
    *plan(problem, options) {
      yield build(problem, options)
    },
  }
}

/** The schedule that such a planner builds. */
export function firstOf(plan: Generator<Schedule | undefined, void, void>): Schedule {
  const { value } = plan.next()
  if (!value) throw new Error('a constructive planner yields a schedule at its first step')
  return value
}
