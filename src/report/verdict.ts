import { type ComparedRow, endedNothing, type MeasureName } from '../choose/compare.ts'
import { objectiveInWords } from '../choose/objective.ts'
import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { formatCount } from '../std/units.ts'
import { formatGap, formatNumber, formatTime } from './plan-view.ts'

/** The measure an objective makes least. */
export const measureOf: Readonly<Record<Objective, MeasureName>> = {
  makespan: 'makespan',
  'mean-flow-time': 'meanFlowTime',
  'weighted-tardiness': 'weightedTardiness',
  cost: 'cost',
}

/**
 * What a comparison comes to, in a sentence or two: who is best, how much is left to win, and what the
 * wrong choice costs. `rows` are best first.
 */
export function verdictOf(
  problem: Problem,
  rows: readonly ComparedRow[],
  objective: Objective,
): string {
  const measure = measureOf[objective]
  const [first] = rows
  if (endedNothing(first)) return nothingEnded(first)
  const best = rows.filter(row => row[measure] <= first[measure] * (1 + 1e-9))
  const alike = rows.length > 2 && best.length === rows.length
  const names = alike ? `All ${rows.length}` : namesInWords(best.map(({ strategy }) => strategy))
  const value = objective === 'cost' ? formatNumber(first.cost) : time(problem, first[measure])
  const said =
    objective === 'makespan'
      ? `${names} ${ending(best, rows)} after ${value}${distanceOf(best)}`
      : `${names} ${best.length > 1 ? 'have' : 'has'} the least ${objectiveInWords(objective)}, ${value}`
  const worst = worstOf(rows, measure, objective)
  return `${said}${worst}.${unclear(rows, best, measure)}${undone(best)}`
}

function ending({ length: first }: readonly ComparedRow[], { length }: readonly ComparedRow[]) {
  if (first === 1) return length === 1 ? 'ends' : 'ends first,'
  return first === length ? 'end together,' : 'end first,'
}

const time = ({ unit }: Problem, value: number): string => formatTime(value, unit)

function distanceOf(best: readonly ComparedRow[]): string {
  if (best.some(({ optimal }) => optimal)) return ', and nothing can end sooner'
  const gap = best.reduce((least, row) => Math.min(least, row.gap), Number.POSITIVE_INFINITY)
  return Number.isFinite(gap) ? `, at most ${formatGap(gap)} above the best possible` : ''
}

function worstOf(rows: readonly ComparedRow[], measure: MeasureName, objective: Objective): string {
  const last = rows.reduce((a, b) => (b[measure] > a[measure] ? b : a))
  if (rows.some(endedNothing))
    return `; under ${namesInWords(rows.filter(endedNothing).map(({ strategy }) => strategy))} no task ended`
  const [{ [measure]: least }] = rows
  if (!(last[measure] > least * (1 + 1e-9))) return ''
  if (!(least > 0)) return `; ${last.strategy} is the worst`
  const times = last[measure] / least
  if (times < 1.1) return `; the worst, ${last.strategy}, is ${formatGap(times - 1)} behind`
  const factor = times < 10 ? times.toFixed(1) : formatCount(Math.round(times))
  const as = objective === 'makespan' ? 'takes' : 'comes to'
  return `; the worst, ${last.strategy}, ${as} ${factor} times as ${objective === 'makespan' ? 'long' : 'much'}`
}

/** Strategies that might come first with a few more seeds. */
function unclear(
  rows: readonly ComparedRow[],
  best: readonly ComparedRow[],
  measure: MeasureName,
): string {
  const close = rows.filter(row => {
    const interval = row.intervals?.[measure]
    return interval !== undefined && !best.includes(row) && interval[0] <= best[0][measure]
  })
  if (close.length === 0) return ''
  const names = namesInWords(close.map(({ strategy }) => strategy))
  return ` ${names} may be as good: more seeds would tell.`
}

function undone(best: readonly ComparedRow[]): string {
  const failed = Math.max(...best.map(({ errorRate }) => errorRate))
  if (failed === 0) return ''
  const left = Math.max(failed, ...best.map(row => row.undone ?? 0))
  const waited = left > failed ? ', or waited for one that did' : ''
  return ` Up to ${formatGap(left)} of its tasks failed for good${waited}.`
}

function nothingEnded({ errorRate }: ComparedRow): string {
  const waited = errorRate < 1 ? ', or waited for one that did' : ''
  return `No task ended under any of them: all failed for good${waited}.`
}

/** "local-search, portfolio and auto" */
export function namesInWords(names: readonly string[], most = 4): string {
  if (names.length === 1) return names[0]
  const shown = names.slice(0, names.length > most ? most - 1 : names.length - 1)
  const rest = names.length - shown.length
  return `${shown.join(', ')} and ${rest === 1 ? names[names.length - 1] : `${rest} more`}`
}
