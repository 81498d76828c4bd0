import { setImmediate } from 'node:timers/promises'
import type { Problem } from '../model/problem.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'
import { compareScores, type Score } from './objective.ts'

/**
 * Drives anytime planners: step after step until the wall clock passes, the steps are spent, or the
 * bound is reached. The first schedule is always waited for, so that even no time at all gives one.
 */
export type Budget = {
  /** On `performance.now()`; `Infinity` when steps are counted instead. */
  readonly deadline: number
  /** Milliseconds given in all. */
  readonly ms: number
  /** Steps left to all planners that share this budget; they count down. */
  stepsLeft: number
  /** Steps that are taken whatever the clock says. */
  readonly leastSteps?: number
  /** Recent milliseconds per step, pauses included; only while driven. */
  stepMs?: number
  readonly stop?: Stop
}

/**
 * Ends planning early, with the best there is. It can be asked for only while a search pauses, which lets this
 * thread hear of it; `hears` is told from when on and until when.
 */
export type Stop = { readonly isAsked: () => boolean; readonly hears: (on: boolean) => void }

export type Spending =
  | { readonly kind: 'time'; readonly ms: number; readonly stop?: Stop }
  /** Counted steps make a result repeatable: nothing may then depend on a clock. */
  | { readonly kind: 'steps'; readonly steps: number }

/** Of time, from `began` on, by `performance.now()`. */
export function budgetOf(spending: Spending, began = performance.now()): Budget {
  return spending.kind === 'time'
    ? {
        deadline: began + spending.ms,
        ms: spending.ms,
        stepsLeft: Number.POSITIVE_INFINITY,
        stop: spending.stop,
      }
    : {
        deadline: Number.POSITIVE_INFINITY,
        ms: Number.POSITIVE_INFINITY,
        stepsLeft: spending.steps,
      }
}

/**
 * The same budget with time left for a search, whatever came before took: a cold or busy box spends a short
 * limit on the schedules to begin with, and those alone may be a third over what a search finds at once. On
 * one that is so busy that little is done in that time either, it takes its first steps all the same where those
 * are short.
 */
export function withSlice(budget: Budget, { times }: Problem): Budget {
  const slice = Math.max(budget.ms / 4, Math.min(budget.ms, leastSliceMs))
  const deadline = Math.max(budget.deadline, performance.now() + slice)
  const isShort = budget.ms > 0 && times.length <= shortStepEntries
  return { ...budget, deadline, ...(isShort && { leastSteps: firstSteps }) }
}

/** A search begins with starts of its own; together with a first descent they take a tenth of a second. */
const firstSteps = 50
/** Processing times with which a step takes some milliseconds at most. */
const shortStepEntries = 20_000
/** Time enough for code that has never run before to find something. */
const leastSliceMs = 50

export const isSpent = (budget: Budget): boolean =>
  performance.now() >= budget.deadline || isCutOff(budget)

const isCutOff = (budget: Budget): boolean => budget.stepsLeft <= 0 || isStopped(budget)

export const isStopped = ({ stop }: Budget): boolean => stop?.isAsked() === true

/** Steps still to come: known where steps are counted, else by the pace of late. */
export function stepsAhead(budget: Budget): number {
  if (budget.stepsLeft < Number.POSITIVE_INFINITY) return budget.stepsLeft
  if (budget.stepMs === undefined) return Number.POSITIVE_INFINITY
  return (budget.deadline - performance.now()) / budget.stepMs
}

/** The best schedule of a planner within the budget, by makespan or `scoreOf`; `reached` ends it early. */
export async function drive(
  steps: Generator<Schedule | undefined, void, void>,
  budget: Budget,
  reached: (value: number) => boolean = () => false,
  scoreOf: (schedule: Schedule) => Score = byMakespan,
): Promise<Schedule | undefined> {
  let best: Schedule | undefined
  let least: Score = { value: Number.POSITIVE_INFINITY, makespan: Number.POSITIVE_INFINITY }
  let now = performance.now()
  let pause = now + sliceMs
  let pauses = false
  let taken = 0
  for (let next = steps.next(); !next.done; next = steps.next()) {
    budget.stepsLeft -= 1
    taken += 1
    const before = now
    now = performance.now()
    budget.stepMs = memory * (budget.stepMs ?? now - before) + (1 - memory) * (now - before)
    const score = next.value && scoreOf(next.value)
    if (score && (best === undefined || compareScores(score, least) < 0)) {
      best = next.value ?? undefined
      least = score
    }
    const isOver = taken < (budget.leastSteps ?? 0) ? isCutOff(budget) : isSpent(budget)
    if (best !== undefined && (isOver || reached(least.value))) break
    if (performance.now() > pause) {
      if (!pauses && best !== undefined) budget.stop?.hears(true)
      pauses = best !== undefined
      await setImmediate()
      pause = performance.now() + sliceMs
    }
  }
  if (pauses) budget.stop?.hears(false)
  return best
}

function byMakespan(schedule: Schedule): Score {
  const makespan = makespanOf(schedule)
  return { value: makespan, makespan }
}

const sliceMs = 10
/** Weight of the previous pace, at each step. */
const memory = 0.98
