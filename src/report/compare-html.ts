import type { ComparedRow, Comparison } from '../choose/compare.ts'
import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { makespanOf } from '../model/schedule.ts'
import { formatCount } from '../std/units.ts'
import { busyChart, busyShares } from './busy-chart.ts'
import { bestFirst, columnsFor } from './compare-view.ts'
import { ganttChart } from './gantt-chart.ts'
import { type Block, type Lane, lanesOf } from './lanes.ts'
import { escapeHtml, figures, htmlTable, page, section } from './page.ts'
import { formatGap, formatTime } from './plan-view.ts'

/** A comparison as a page: the table, busy shares over time, and every Gantt under one time axis. */
export function compareHtml(problem: Problem, comparison: Comparison, about: CompareAbout): string {
  const rows = bestFirst(comparison.rows, about.objective)
  if (rows.length === 0) return page({ title: problem.name, body: '<p>Nothing to compare.</p>' })
  const until = rows.reduce((most, row) => Math.max(most, endOf(row)), 0)
  const clock = { until: until > 0 ? until : 1, unit: problem.unit }
  const body = [
    `<h1>${escapeHtml(problem.name)}</h1>`,
    `<p class="lede">${escapeHtml(aboutText(problem, rows, about))}</p>`,
    headline(problem, rows),
    section('Strategies', tableNote(rows, about), tableOf(problem, comparison, rows, about.objective)),
    section(
      'Machines at work',
      'Share of the machines’ speed that is busy, over time, for the shortest four. Where a line falls, machines wait for the last tasks.',
      busyChart(
        rows.slice(0, 4).map(row => busyOf(problem, row)),
        clock,
      ),
    ),
    section('Schedules', ganttNote(problem, about), ganttsOf(problem, rows, clock)),
  ]
  return page({ title: `${problem.name}: strategies compared`, body: body.join('\n') })
}

export type CompareAbout = {
  readonly noise: number
  readonly seeds: number
  readonly seed: number
  readonly objective?: Objective
  /** What else a reader must know: of replays, which times were estimated. */
  readonly note?: string
}

const endOf = (row: ComparedRow): number => Math.max(row.makespan, makespanOf(row.schedule))

function aboutText(problem: Problem, rows: readonly ComparedRow[], about: CompareAbout): string {
  const size = `${formatCount(problem.tasks.length)} tasks on ${formatCount(problem.machines.length)} machines, ${rows.length} strategies.`
  const noise =
    about.noise > 0
      ? ` Durations vary by ${formatGap(about.noise)}; each strategy met the same ${about.seeds} seeds, from ${about.seed} on.`
      : ''
  return size + noise + (about.note ? ` ${about.note}` : '')
}

function headline(problem: Problem, rows: readonly ComparedRow[]): string {
  const [first] = rows
  const last = rows.at(-1) ?? first
  const time = (value: number) => formatTime(value, problem.unit)
  return figures([
    [time(first.makespan), `best makespan, by ${first.strategy}`],
    [time(first.lowerBound), 'no schedule is shorter'],
    [first.optimal ? 'optimal' : formatGap(first.gap), 'best above the bound, at most'],
    [`${(last.makespan / first.makespan).toFixed(2)} ×`, `the longest, ${last.strategy}`],
  ])
}

function tableNote(rows: readonly ComparedRow[], { seeds }: CompareAbout): string {
  const optimal = rows.some(row => row.optimal) ? ' “Optimal” is proved.' : ''
  const plusMinus = seeds > 1 ? ' ± is half of a 95 % interval over the seeds.' : ''
  return `By makespan. Over bound: how far from the proven lower bound, at most.${optimal}${plusMinus}`
}

function tableOf(
  problem: Problem,
  comparison: Comparison,
  rows: readonly ComparedRow[],
  objective: Objective | undefined,
): string {
  const columns = columnsFor(problem, objective)
  const cells = rows.map(row => columns.map(column => column.cell(row)))
  const skipped = comparison.skipped.map(
    ({ strategy, reason }) =>
      `<p class="note"><b>${escapeHtml(strategy)}</b> left out: ${escapeHtml(reason)}</p>`,
  )
  const titles = columns.map(column => column.title)
  return htmlTable(titles, cells, { highlight: 0 }) + skipped.join('')
}

function busyOf(problem: Problem, { strategy, schedule }: ComparedRow) {
  const end = makespanOf(schedule)
  const possible = problem.machines.reduce((sum, { speed }) => sum + speed, 0)
  const blocks = [...schedule.machine.keys()]
    .filter(task => schedule.machine[task] >= 0)
    .map(task => ({
      start: schedule.start[task],
      end: schedule.end[task],
      weight: shareOf(problem, task, schedule.machine[task]),
    }))
  const shares = end > 0 ? busyShares(blocks, { end, possible, slices: 120 }) : []
  return { name: strategy, shares, end }
}

/** A machine with capacity is as busy as its most used resource. */
function shareOf(problem: Problem, task: number, machine: number): number {
  const { speed, capacity } = problem.machines[machine]
  if (capacity === undefined) return speed
  const needs = Object.entries(problem.tasks[task].needs ?? {})
  return speed * Math.max(0, ...needs.map(([name, need]) => need / capacity[name]))
}

function ganttNote(problem: Problem, about: CompareAbout): string {
  const which = about.seeds > 1 ? ` Shown is seed ${about.seed}.` : ''
  const hidden =
    problem.machines.length > mostMachines ? ` The ${mostMachines} first machines are shown.` : ''
  return `All under one time axis.${which}${hidden}`
}

const mostMachines = 32
const mostCharts = 12
const mostLanes = 64

function ganttsOf(
  problem: Problem,
  rows: readonly ComparedRow[],
  clock: { readonly until: number; readonly unit: string },
): string {
  const legend =
    '<div class="legend"><span><i class="end"></i>its makespan</span>' +
    '<span><i class="line"></i>no schedule ends before this</span></div>'
  const shown = rows.slice(0, mostCharts)
  const charts = shown.map(row => {
    const title = `<h3>${escapeHtml(row.strategy)}<span>${escapeHtml(formatTime(makespanOf(row.schedule), problem.unit))}</span></h3>`
    const why = row.why ? `<p class="note">${escapeHtml(row.why)}</p>` : ''
    const makespan = makespanOf(row.schedule)
    const bound = row.seeds > 1 ? {} : { bound: row.lowerBound }
    const lanes = lanesOfSchedule(problem, row).slice(0, mostLanes)
    return title + why + ganttChart(lanes, { ...clock, axis: true, makespan, ...bound })
  })
  const rest = rows.length - shown.length
  const note = rest > 0 ? `<p class="note">${rest} longer ones are not drawn.</p>` : ''
  return legend + charts.join('\n') + note
}

function lanesOfSchedule(problem: Problem, { schedule }: ComparedRow): Lane[] {
  const onMachine: Block[][] = problem.machines.map(() => [])
  schedule.machine.forEach((machine, task) => {
    if (machine < 0) return
    const [start, end] = [schedule.start[task], schedule.end[task]]
    onMachine[machine].push({ start, end, label: problem.tasks[task].id, state: 'done' })
  })
  return problem.machines
    .slice(0, mostMachines)
    .flatMap(({ id }, machine) => lanesOf(id, onMachine[machine]))
}
