import { setImmediate } from 'node:timers/promises'
import { makespanOf, type Schedule } from '../model/schedule.ts'

/**
 * Drives anytime planners: step after step until the wall clock passes, the steps are spent, or the
 * bound is reached. The first schedule is always waited for, so that even no time at all gives one.
 */
export type Budget = {
  /** On `performance.now()`; `Infinity` when steps are counted instead. */
  readonly deadline: number
  /** Steps left to all planners that share this budget; they count down. */
  stepsLeft: number
}

export type Spending =
  | { readonly kind: 'time'; readonly ms: number }
  /** Repeatable: nothing may then depend on a clock. */
  | { readonly kind: 'steps'; readonly steps: number }

export function budgetOf(spending: Spending): Budget {
  return spending.kind === 'time'
    ? { deadline: performance.now() + spending.ms, stepsLeft: Number.POSITIVE_INFINITY }
    : { deadline: Number.POSITIVE_INFINITY, stepsLeft: spending.steps }
}

export const isSpent = (budget: Budget): boolean =>
  budget.stepsLeft <= 0 || performance.now() >= budget.deadline

/** The best schedule of a planner within the budget; `reached` ends it early. */
export async function drive(
  steps: Generator<Schedule | undefined, void, void>,
  budget: Budget,
  reached: (makespan: number) => boolean = () => false,
): Promise<Schedule | undefined> {
  let best: Schedule | undefined
  let least = Number.POSITIVE_INFINITY
  let pause = performance.now() + sliceMs
  for (let next = steps.next(); !next.done; next = steps.next()) {
    budget.stepsLeft -= 1
    if (next.value && makespanOf(next.value) < least) {
      best = next.value
      least = makespanOf(best)
    }
    best ??= next.value ?? undefined
    if (best !== undefined && (isSpent(budget) || reached(least))) break
    if (performance.now() > pause) {
      await setImmediate()
      pause = performance.now() + sliceMs
    }
  }
  return best
}

const sliceMs = 10
