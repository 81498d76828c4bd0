import { objectiveInWords } from '../choose/objective.ts'
import type { Aim, PlanOutcome } from '../choose/plan-problem.ts'
import { type Shape, shapeOf } from '../choose/shape.ts'
import type { Problem } from '../model/problem.ts'
import { formatCount } from '../std/units.ts'

/** A plan as the one JSON object that `plan --json` prints. */
export function planJson(problem: Problem, outcome: PlanOutcome): string {
  const shape = shapeOf(problem)
  return JSON.stringify({
    ...planRow(outcome),
    ...shape,
    holdsBack: holdsBack(outcome, shape, 'machines'),
    assignments: assignmentsOf(problem, outcome),
  })
}

/**
 * The same without assignments: a row of `compare`. An infinite gap, of a bound of 0, is `null`. Under
 * another objective than the makespan `optimal` is what is proved to have the least of both.
 */
export function planRow(outcome: PlanOutcome) {
  const { boundBy, aim, why, trouble } = outcome
  return {
    ...boundedRow(outcome),
    optimal: outcome.optimal && (aim === undefined || isLeast(aim.value, aim.bound)),
    boundBy,
    ...(aim && { objective: aim.objective, value: aim.value, valueBound: aim.bound }),
    why,
    trouble,
  }
}

/** What a row says of any schedule, planned or simulated: how it was made, and how far it is from its bound. */
export function boundedRow(row: Bounded) {
  const { strategy, seed, makespan, lowerBound, gap, optimal, seconds } = row
  return {
    strategy,
    seed,
    makespan,
    lowerBound,
    gap: Number.isFinite(gap) ? gap : null,
    optimal,
    seconds: Math.round(seconds * 1e6) / 1e6,
  }
}

type Bounded = Pick<
  PlanOutcome,
  'strategy' | 'seed' | 'makespan' | 'lowerBound' | 'gap' | 'optimal' | 'seconds'
>

export function assignmentsOf(problem: Problem, { schedule }: Pick<PlanOutcome, 'schedule'>) {
  return problem.tasks.map(({ id }, task) => {
    const machine = schedule.machine[task]
    if (machine < 0) return { task: id, machine: null, start: null, end: null }
    const { [task]: start } = schedule.start
    return { task: id, machine: problem.machines[machine].id, start, end: schedule.end[task] }
  })
}

/** "heft: 80 s, at most 19.4 % above the best possible (at least 67 s, by critical path), in 4 ms" */
export function planLine(problem: Problem, outcome: PlanOutcome): string {
  const { makespan, lowerBound, gap, optimal, boundBy } = outcome
  const time = (value: number) => formatTime(value, problem.unit)
  const distance = optimal
    ? `proved optimal by ${boundBy}`
    : `at most ${formatGap(gap)} above the best possible (at least ${time(lowerBound)}, by ${boundBy})`
  const size = sizeInWords(problem)
  const aim = outcome.aim ? `\n${aimLine(outcome.aim, problem.unit)}` : ''
  return `${problem.name}: ${size}\n${outcome.strategy}: makespan ${time(makespan)}, ${distance}, planned in ${formatSeconds(outcome.seconds)}${aim}`
}

/** What the work is like, and what holds it back: two lines of `plan` on a problem. */
export function shapeLines(problem: Problem, outcome: PlanOutcome): string[] {
  const shape = shapeOf(problem)
  return [
    shapeInWords(shape, value => formatTime(value, problem.unit)),
    `held back by ${holdsBack(outcome, shape, 'machines')}`,
  ]
}

/** "115 s of work; critical path 67 s, width 5, parallelism 1.716" */
export function shapeInWords(shape: Shape, time: (value: number) => string): string {
  const { work, criticalPath, width, parallelism } = shape
  return `${time(work)} of work; critical path ${time(criticalPath)}, width ${formatCount(width)}, parallelism ${formatNumber(parallelism)}`
}

/** Read off the argument that proves the bound, or off a bound that is no more than the path. */
export function holdsBack(
  { boundBy, lowerBound }: PlanOutcome,
  { criticalPath }: Shape,
  what: 'machines' | 'slots',
): string {
  return boundBy === 'critical path' || criticalPath >= lowerBound * (1 - 1e-9)
    ? 'the critical path: more machines would not help, faster ones or shorter chains would'
    : `the machines: more or faster ${what} would help`
}

/** "5 tasks on 3 machines" */
export function sizeInWords({ tasks, machines }: Problem): string {
  const many = (count: number, what: string) =>
    `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`
  return `${many(tasks.length, 'task')} on ${many(machines.length, 'machine')}`
}

/** "mean flow time 12 s, no schedule has less than 10 s"; of money no unit is known. */
function aimLine({ objective, value, bound }: Aim, unit: string): string {
  const shown = (amount: number) => formatTime(amount, objective === 'cost' ? '' : unit)
  const least = isLeast(value, bound) ? 'the least there is' : `none has less than ${shown(bound)}`
  return `${objectiveInWords(objective)} ${shown(value)}, ${least}`
}

/** Whether a value is proved by the bound below which none is. */
export const isLeast = (value: number, bound: number): boolean => value <= bound * (1 + 1e-12)

/** Four digits, three of what is small, and the unit: `13.25 s`. */
export function formatTime(value: number, unit: string): string {
  return unit === '' ? formatNumber(value) : `${formatNumber(value)} ${unit}`
}

export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (size >= 1000) return formatCount(Math.round(value))
  // What is left of sums that are nought but for their last digit.
  if (size < 1e-9) return '0'
  if (size < 0.1) return String(Number(value.toPrecision(3)))
  const digits = size >= 100 ? 1 : size >= 10 ? 2 : 3
  return String(Number(value.toFixed(digits)))
}

export function formatGap(gap: number): string {
  if (!Number.isFinite(gap)) return '-'
  const percent = gap * 100
  if (percent > 0 && percent < 0.001) return '< 0.001 %'
  if (percent >= 999.5) return `${formatCount(Math.round(percent))} %`
  return `${percent === 0 ? '0' : percent < 0.1 ? percent.toFixed(3) : percent.toFixed(percent < 10 ? 2 : 1)} %`
}

export function formatSeconds(seconds: number): string {
  if (seconds === 0) return '0 s'
  if (seconds < 0.001) return '< 1 ms'
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`
}
