import type { ComparedRow, Comparison, MeasureName } from '../choose/compare.ts'
import type { Problem } from '../model/problem.ts'
import { formatGap, formatNumber, formatSeconds, formatTime } from './plan-view.ts'
import { table } from './table.ts'

/** The rows of `compare --json`: those of `plan` without assignments, and the measures. */
export function compareRows({ rows }: Comparison) {
  return rows.map(({ schedule: _, ...row }) => ({
    ...row,
    gap: Number.isFinite(row.gap) ? row.gap : null,
    seconds: Math.round(row.seconds * 1e6) / 1e6,
  }))
}

/** Shortest first; ties keep the order of the strategies. */
export function byMakespan(rows: readonly ComparedRow[]): ComparedRow[] {
  return rows.toSorted((a, b) => a.makespan - b.makespan)
}

export type Column = {
  readonly title: string
  readonly measure?: MeasureName
  readonly cell: (row: ComparedRow) => string
}

/** Only the columns that tell something: no errors where none occurred, no cost where none is known. */
export function columnsFor(problem: Problem, rows: readonly ComparedRow[]): Column[] {
  const time = (name: MeasureName) => (row: ComparedRow) => withInterval(row, name, formatNumber)
  const share = (name: MeasureName) => (row: ComparedRow) =>
    withInterval(row, name, value => `${formatNumber(value * 100)} %`)
  const used = (name: MeasureName) => rows.some(row => row[name] > 0)
  const unit = problem.unit === '' ? '' : `, ${problem.unit}`
  const all: (Column | undefined)[] = [
    { title: 'strategy', cell: row => row.strategy },
    { title: `makespan${unit}`, measure: 'makespan', cell: time('makespan') },
    { title: 'over bound', cell: row => (row.optimal ? 'optimal' : formatGap(row.gap)) },
    { title: 'mean flow', measure: 'meanFlowTime', cell: time('meanFlowTime') },
    { title: 'p95 flow', measure: 'p95FlowTime', cell: time('p95FlowTime') },
    { title: 'utilisation', measure: 'utilisation', cell: share('utilisation') },
    used('errorRate')
      ? { title: 'errors', measure: 'errorRate', cell: share('errorRate') }
      : undefined,
    used('meanTardiness')
      ? { title: 'tardiness', measure: 'meanTardiness', cell: time('meanTardiness') }
      : undefined,
    used('cost') ? { title: 'cost', measure: 'cost', cell: time('cost') } : undefined,
    { title: 'planning', cell: row => formatSeconds(row.seconds) },
  ]
  return all.filter(column => column !== undefined)
}

export function compareTable(problem: Problem, comparison: Comparison): string {
  const rows = byMakespan(comparison.rows)
  const columns = columnsFor(problem, rows)
  const bound = rows.reduce((most, row) => Math.max(most, row.lowerBound), 0)
  const seeds = rows[0]?.seeds ?? 1
  const lines = [
    `${problem.name}: no schedule is shorter than ${formatTime(bound, problem.unit)}${seeds > 1 ? ` (mean of ${seeds} seeds in hindsight; ± is half a 95 % interval)` : ''}`,
    '',
    table(
      columns.map(column => column.title),
      rows.map(row => columns.map(column => column.cell(row))),
    ),
    ...comparison.skipped.map(({ strategy, reason }) => `${strategy} left out: ${reason}`),
  ]
  return `${lines.join('\n')}\n`
}

function withInterval(
  row: ComparedRow,
  name: MeasureName,
  format: (value: number) => string,
): string {
  const interval = row.intervals?.[name]
  if (interval === undefined) return format(row[name])
  return `${format(row[name])} ±${format((interval[1] - interval[0]) / 2)}`
}
