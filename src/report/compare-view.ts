import {
  type ComparedRow,
  type Comparison,
  endedNothing,
  type MeasureName,
  ofEnded,
} from '../choose/compare.ts'
import { compareScores, objectiveInWords } from '../choose/objective.ts'
import type { Objective } from '../model/job.ts'
import { hasCosts, hasDueDates, type Problem } from '../model/problem.ts'
import { digitsFor, formatFixed } from './digits.ts'
import { formatCount } from '../std/units.ts'
import { formatGap, formatSeconds, formatTime, isLeast } from './plan-view.ts'
import { table } from './table.ts'
import { measureOf, verdictOf } from './verdict.ts'

/**
 * The rows of `compare --json`: those of `plan` without assignments, and the measures. Where no task
 * ended, what would tell of its end is `null`. No schedule has less of the objective than `least`; 0:
 * nothing is known.
 */
export function compareRows({ rows }: Comparison, objective: Objective, least: number) {
  return rows.map(({ schedule: _, ...row }) => ({
    ...row,
    optimal: row.optimal && (objective === 'makespan' || isLeast(row[measureOf[objective]], least)),
    ...(endedNothing(row) && Object.fromEntries([...ofEnded].map(name => [name, null]))),
    gap: Number.isFinite(row.gap) ? row.gap : null,
    seconds: Math.round(row.seconds * 1e6) / 1e6,
  }))
}

/**
 * Best first under the objective, of equals the shorter, last those under which no task ended; ties
 * keep the order of the strategies.
 */
export function bestFirst(
  rows: readonly ComparedRow[],
  objective: Objective = 'makespan',
): ComparedRow[] {
  const score = (row: ComparedRow) => ({
    value: row[measureOf[objective]],
    makespan: row.makespan,
  })
  return rows.toSorted(
    (a, b) =>
      Number(endedNothing(a)) - Number(endedNothing(b)) || compareScores(score(a), score(b)),
  )
}

export type Column = {
  readonly title: string
  readonly measure?: MeasureName
  readonly cell: (row: ComparedRow) => string
}

/** A dash where nothing was given to measure: no due dates, no prices. */
export function columnsFor(
  problem: Problem,
  rows: readonly ComparedRow[],
  objective: Objective = 'makespan',
): Column[] {
  const time = (name: MeasureName) => {
    const digits = digitsFor(rows.map(row => row[name]))
    return (row: ComparedRow) => withInterval(row, name, value => formatFixed(value, digits))
  }
  const share = (name: MeasureName) => {
    const digits = rows.every(row => row[name] === 0) ? 0 : 1
    return (row: ComparedRow) =>
      withInterval(row, name, value => `${formatFixed(value * 100, digits)} %`)
  }
  const dash = () => '-'
  const unit = problem.unit === '' ? '' : `, ${problem.unit}`
  const late = hasDueDates(problem)
  const weighted = objective === 'weighted-tardiness'
  return [
    { title: 'strategy', cell: row => row.strategy },
    { title: `makespan${unit}`, measure: 'makespan', cell: time('makespan') },
    { title: 'over bound', cell: row => (row.optimal ? 'optimal' : formatGap(row.gap)) },
    { title: 'mean flow', measure: 'meanFlowTime', cell: time('meanFlowTime') },
    { title: 'p95 flow', measure: 'p95FlowTime', cell: time('p95FlowTime') },
    { title: 'utilisation', measure: 'utilisation', cell: share('utilisation') },
    { title: 'errors', measure: 'errorRate', cell: share('errorRate') },
    { title: 'tardiness', measure: 'meanTardiness', cell: late ? time('meanTardiness') : dash },
    ...(weighted
      ? [
          {
            title: 'weighted',
            measure: 'weightedTardiness',
            cell: time('weightedTardiness'),
          } as const,
        ]
      : []),
    { title: 'cost', measure: 'cost', cell: hasCosts(problem) ? time('cost') : dash },
    ...(rows.some(row => row.estimatedTimes !== undefined)
      ? [{ title: 'estimated', cell: estimatedOf(problem) }]
      : []),
    { title: 'planning', cell: row => (row.seconds === 0 ? '-' : formatSeconds(row.seconds)) },
  ]
}

/** Of a replay: tasks whose time there was never measured. */
const estimatedOf =
  ({ tasks }: Problem) =>
  ({ estimatedTimes = 0 }: ComparedRow): string =>
    `${formatCount(estimatedTimes)} of ${formatCount(tasks.length)}`

export function compareTable(
  problem: Problem,
  comparison: Comparison,
  objective: Objective = 'makespan',
  width = Number.POSITIVE_INFINITY,
): string {
  const rows = bestFirst(comparison.rows, objective)
  const columns = columnsFor(problem, rows, objective)
  const bound = rows.reduce((most, row) => Math.max(most, row.lowerBound), 0)
  const seeds = rows[0]?.seeds ?? 1
  const lines = [
    `${problem.name}: ${boundInWords(bound, rows, problem.unit)}${seeds > 1 ? ` (mean of ${seeds} seeds in hindsight; ± is half a 95 % interval)` : ''}`,
    ...(rows.length > 0 ? [verdictOf(problem, rows, objective)] : []),
    '',
    ...fitted(columns, rows, { width, ranking: measureOf[objective] }),
    ...(objective === 'makespan' ? [] : [`best first by ${objectiveInWords(objective)}`]),
    ...comparison.rows.flatMap(({ strategy, trouble }) =>
      trouble === undefined
        ? []
        : [trouble.includes(strategy) ? trouble : `${strategy}: ${trouble}`],
    ),
    ...comparison.skipped.map(({ strategy, reason }) => `${strategy} left out: ${reason}`),
  ]
  return `${lines.join('\n')}\n`
}

function boundInWords(bound: number, rows: readonly ComparedRow[], unit: string): string {
  const unbounded = bound === 0 && rows.some(({ errorRate }) => errorRate > 0)
  return unbounded
    ? 'tasks failed for good, and nothing bounds what was left'
    : `no schedule is shorter than ${formatTime(bound, unit)}`
}

/** What does not fit side by side goes: first what says nothing, then what matters least; and it is said. */
function fitted(
  columns: readonly Column[],
  rows: readonly ComparedRow[],
  { width, ranking }: { readonly width: number; readonly ranking: MeasureName },
): readonly string[] {
  const draw = (shown: readonly Column[]) =>
    table(
      shown.map(({ title }) => title),
      rows.map(row => shown.map(({ cell }) => cell(row))),
    )
  const fits = (text: string) => [...(text.split('\n')[1] ?? '')].length <= width
  const says = ({ cell }: Column) => rows.some(row => !/^(?:-|0 %)$/.test(cell(row)))
  const whole = draw(columns)
  if (fits(whole)) return [whole]
  let shown = columns.filter(column => says(column) || column.measure === ranking)
  const dropped: string[] = []
  for (const title of leastFirst) {
    if (fits(draw(shown))) break
    const rest = shown.filter(column => column.title !== title || column.measure === ranking)
    if (rest.length < shown.length) dropped.push(title)
    shown = rest
  }
  const note = `not shown for want of room: ${dropped.join(', ')}`
  return dropped.length === 0 ? [draw(shown)] : [draw(shown), note]
}

const leastFirst = [
  'planning',
  'p95 flow',
  'errors',
  'mean flow',
  'cost',
  'tardiness',
  'utilisation',
]

function withInterval(
  row: ComparedRow,
  name: MeasureName,
  format: (value: number) => string,
): string {
  if (endedNothing(row) && ofEnded.has(name)) return '-'
  const interval = row.intervals?.[name]
  if (interval === undefined) return format(row[name])
  const half = (interval[1] - interval[0]) / 2
  const alike = half <= 1e-6 * Math.abs(row[name])
  return alike ? format(row[name]) : `${format(row[name])} ±${format(half)}`
}
