import type { Problem } from '../../model/problem.ts'
import type { Schedule } from '../../model/schedule.ts'

/**
 * A planner makes a whole schedule at once, and may go on improving it.
 *
 * `plan` is a generator of steps. A step that found a better schedule yields it, any other yields
 * `undefined`, so whoever drives it can stop between steps by wall clock, by step count or because
 * the bound is reached. A step should take well under 10 ms on a problem of 1,000 tasks. The first
 * step yields a schedule. Nothing inside reads a clock; all randomness comes from `seed`; the same
 * problem, seed and number of steps give the same bytes.
 */
export type Planner = {
  /** As named in the literature, e.g. `heft`. */
  readonly name: string
  /** Authors, year, and what was taken. */
  readonly source: string
  /** Why this planner cannot take the problem, or `undefined` if it can. */
  readonly refuses?: (problem: Problem) => string | undefined
  readonly plan: (
    problem: Problem,
    options: PlanOptions,
  ) => Generator<Schedule | undefined, void, void>
}

export type PlanOptions = {
  readonly seed: number
  /** The best schedule known so far, to start from; planners that build from nothing ignore it. */
  readonly incumbent?: Schedule
  /** A proven lower bound; a planner may stop when it reaches it. */
  readonly lowerBound?: number
  /** Told of lower bounds on the makespan that the planner proves on its way. */
  readonly proved?: (lowerBound: number) => void
  /** The best that others working beside have found so far; asked now and then by a search. */
  readonly offered?: () => Schedule | undefined
  /**
   * How many more steps will be asked for, as far as known: a search ends what it has begun by
   * then.
   */
  readonly stepsAhead?: () => number
  /**
   * Time is out: a planner that takes long to build its first schedule ends it by earliest
   * completion.
   */
  readonly hurry?: () => boolean
  /** Told how many tasks were placed in such a hurry. */
  readonly hurried?: (tasks: number) => void
}

/** Runs steps to their end, for whoever has no clock to watch. */
export function atOnce<Result>(steps: Generator<undefined, Result, void>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
