import {
  type ComparedRow,
  type Comparison,
  endedNothing,
  type MeasureName,
} from '../choose/compare.ts'
import { objectiveInWords } from '../choose/objective.ts'
import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { makespanOf } from '../model/schedule.ts'
import { formatCount } from '../std/units.ts'
import { busyChart, busyShares } from './busy-chart.ts'
import { bestFirst, columnsFor } from './compare-view.ts'
import { drawnWhole } from './drawn-whole.ts'
import { ganttChart } from './gantt-chart.ts'
import { escapeHtml, figures, page, scrollBox, section, verdict } from './page.ts'
import { formatGap, formatNumber, formatTime, sizeInWords } from './plan-view.ts'
import { rankTable } from './rank-table.ts'
import { lanesOfSchedule, machinesToDraw, mostMachines } from './schedule-lanes.ts'
import { measureOf, namesInWords, verdictOf } from './verdict.ts'

/** A comparison as a page: the table, busy shares over time, and every Gantt under one time axis. */
export function compareHtml(problem: Problem, comparison: Comparison, about: CompareAbout): string {
  const objective = about.objective ?? 'makespan'
  const rows = bestFirst(comparison.rows, objective)
  if (rows.length === 0) return page({ title: problem.name, body: nothing(problem, comparison) })
  const drawn = distinct(rows).slice(0, chartsOf(problem))
  const clock = { until: axisEnd(drawn), unit: problem.unit }
  const body = [
    `<h1>${escapeHtml(problem.name)}</h1>`,
    verdict(verdictOf(problem, rows, objective)),
    `<p class="lede">${escapeHtml(aboutText(problem, rows, about))}</p>`,
    headline(problem, rows, objective),
    section('Strategies', tableNote(rows, about), tableOf(problem, comparison, rows, objective)),
    ...chartsFor(problem, rows, { drawn, clock, about }),
  ]
  return page({ title: `${problem.name}: strategies compared`, body: body.join('\n') })
}

/** Of strategies under which nothing ended there is nothing to draw. */
function chartsFor(problem: Problem, rows: readonly ComparedRow[], shown: Shown): string[] {
  const { drawn, clock, about } = shown
  const ended = drawn.filter(({ row }) => isDrawable(row)).slice(0, busyLines)
  if (ended.length === 0) {
    const which = about.seeds > 1 ? ` under seed ${about.seed}, the one that is shown` : ''
    return [section('Schedules', `No task ended${which}: there is no schedule to draw.`, '')]
  }
  const lines = ended.map(({ row, names }) => busyOf(problem, row, names))
  const chart = busyChart(lines, { ...clock, until: axisEnd(ended) })
  return [
    section('Machines at work', busyNote(drawn), scrollBox('charts', chart)),
    section('Schedules', ganttNote(problem, about), ganttsOf(problem, rows, shown)),
  ]
}

const isDrawable = ({ schedule }: ComparedRow): boolean =>
  schedule.machine.some(machine => machine >= 0)

type CompareAbout = {
  readonly noise: number
  readonly seeds: number
  readonly seed: number
  readonly objective?: Objective
  /** What else a reader must know: of replays, which times were estimated. */
  readonly note?: string
  /** Of replays: whether the time of a task on a machine was estimated. */
  readonly isEstimated?: (task: number, machine: number) => boolean
}

function nothing(problem: Problem, comparison: Comparison): string {
  return `<h1>${escapeHtml(problem.name)}</h1><p>Nothing to compare.</p>${leftOut(comparison)}`
}

/** Strategies that came to the same schedule are drawn once, under all their names. */
type Drawn = { readonly row: ComparedRow; readonly names: readonly string[] }

function distinct(rows: readonly ComparedRow[]): Drawn[] {
  const bySchedule = new Map<string, { row: ComparedRow; names: string[] }>()
  for (const row of rows) {
    const { machine, start } = row.schedule
    const known = bySchedule.get(`${machine.join()} ${start.join()}`)
    if (known) known.names.push(row.strategy)
    else bySchedule.set(`${machine.join()} ${start.join()}`, { row, names: [row.strategy] })
  }
  return [...bySchedule.values()]
}

function busyNote(drawn: readonly Drawn[]): string {
  const { length } = drawn.filter(({ row }) => isDrawable(row))
  const which = length > busyLines ? `, for the best ${busyLines} that differ` : ''
  return `Share of the machines’ speed that is busy, over time${which}. Where a line falls, machines wait for the last tasks.`
}

/** Lines that can still be told apart. */
const busyLines = 4

function axisEnd(drawn: readonly Drawn[]): number {
  const end = drawnWhole(drawn.map(({ row }) => makespanOf(row.schedule)))
  return end > 0 ? end : 1
}

function aboutText(problem: Problem, rows: readonly ComparedRow[], about: CompareAbout): string {
  const many = rows.length === 1 ? '1 strategy' : `${rows.length} strategies`
  const size = `${sizeInWords(problem)}, ${many}.`
  const noise =
    about.noise > 0
      ? ` Durations vary by ${formatGap(about.noise)}; each strategy met the same ${about.seeds} seeds, from ${about.seed} on.`
      : ''
  return size + noise + (about.note ? ` ${about.note}` : '')
}

function headline(problem: Problem, rows: readonly ComparedRow[], objective: Objective): string {
  const [first] = rows
  if (endedNothing(first)) return figures([['-', 'no task ended']])
  const measure = measureOf[objective]
  const last = rows.reduce((a, b) => (b[measure] > a[measure] ? b : a))
  const time = (value: number) => formatTime(value, problem.unit)
  const shown = objective === 'cost' ? formatNumber : time
  const times = last[measure] / first[measure]
  const most = Number.isFinite(times) ? `${times.toFixed(2)} ×` : shown(last[measure])
  const worst = [most, `the most, ${last.strategy}`] as const
  const least = rows.length > 1 ? 'least ' : ''
  const best = rows.filter(row => row[measure] <= first[measure] * (1 + 1e-9))
  const alike = rows.length > 1 && best.length === rows.length
  const by = alike
    ? `all ${rows.length}`
    : namesInWords(
        best.map(({ strategy }) => strategy),
        2,
      )
  return figures([
    [shown(first[measure]), `${least}${objectiveInWords(objective)}, by ${by}`],
    first.lowerBound > 0 || !first.undone
      ? [time(first.lowerBound), 'no schedule is shorter']
      : ['-', 'no bound: tasks failed for good'],
    [
      first.optimal ? 'optimal' : formatGap(first.gap),
      first.optimal ? 'its makespan, proved' : 'its makespan over that, at most',
    ],
    ...(rows.length > 1 && !alike ? [worst] : []),
  ])
}

function tableNote(rows: readonly ComparedRow[], { seeds, objective }: CompareAbout): string {
  if (rows.every(endedNothing)) return 'No task ended, so there is nothing to rank them by.'
  const by = objectiveInWords(objective ?? 'makespan')
  const optimal = rows.some(row => row.optimal) ? ' “Optimal” is proved.' : ''
  const plusMinus =
    seeds > 1 ? ' ± is half of a 95 % interval over the seeds, drawn as a bracket.' : ''
  const line =
    objective === undefined || objective === 'makespan' ? ' The dashed line is the bound.' : ''
  const values = rows.map(row => row[measureOf[objective ?? 'makespan']])
  const isCut = Math.max(...values) > drawnWhole(values) * (1 + 1e-9)
  const cut = isCut ? ' A bar that fades is longer than drawn.' : ''
  const bars = rows.length > 1 ? `Least ${by} first; bars are ${by}` : `The bar is its ${by}`
  return `${bars}. Over bound: how far the makespan is from the proven lower bound, at most.${optimal}${line}${cut}${plusMinus}`
}

function tableOf(
  problem: Problem,
  comparison: Comparison,
  rows: readonly ComparedRow[],
  objective: Objective,
): string {
  const measure: MeasureName = measureOf[objective]
  const bound = objective === 'makespan' ? { bound: rows[0].lowerBound } : {}
  const table = rankTable(columnsFor(problem, rows, objective), rows, { measure, ...bound })
  return table + leftOut(comparison)
}

function leftOut({ skipped }: Comparison): string {
  return skipped
    .map(
      ({ strategy, reason }) =>
        `<p class="note left-out"><b>${escapeHtml(strategy)}</b> left out: ${escapeHtml(reason)}</p>`,
    )
    .join('')
}

function busyOf(problem: Problem, { schedule }: ComparedRow, names: readonly string[]) {
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
  return { name: namesInWords(names, 2), shares, end }
}

/** A machine with capacity is as busy as its most used resource. */
function shareOf(problem: Problem, task: number, machine: number): number {
  const { speed, capacity } = problem.machines[machine]
  if (capacity === undefined) return speed
  const needs = Object.entries(problem.tasks[task].needs ?? {}).filter(([, need]) => need > 0)
  return speed * Math.max(0, ...needs.map(([name, need]) => need / capacity[name]))
}

function ganttNote(problem: Problem, about: CompareAbout): string {
  const which = about.seeds > 1 ? ` Shown is seed ${about.seed}.` : ''
  const { length } = problem.machines
  const hidden =
    length > mostMachines
      ? ` Of ${formatCount(length)} machines the ${mostMachines} that work most are drawn.`
      : ''
  const merged =
    problem.tasks.length > seenApart ? ' Tasks too short to be seen apart are one block.' : ''
  const estimated =
    about.isEstimated === undefined ? '' : ' A ~ before a name: its time there is estimated.'
  return `All under one time axis; strategies of one schedule share its drawing.${merged}${estimated}${which}${hidden}`
}

/** Fewer are seldom too short. */
const seenApart = 300

const mostLanes = 128
/** Every schedule of a small problem; of a large one as many as a browser draws at once. */
const chartsOf = ({ tasks }: Problem): number =>
  Math.max(12, Math.min(30, Math.floor(20_000 / Math.max(1, tasks.length))))

type Clock = { readonly until: number; readonly unit: string }
type Shown = {
  readonly drawn: readonly Drawn[]
  readonly clock: Clock
  readonly about: CompareAbout
}

function ganttsOf(
  problem: Problem,
  rows: readonly ComparedRow[],
  { drawn, clock, about }: Shown,
): string {
  const bounded = drawn.some(({ row }) => row.seeds === 1 && row.lowerBound > 0)
  const legend =
    '<div class="legend"><span><i class="end"></i>its makespan</span>' +
    `${bounded ? '<span><i class="line"></i>no schedule ends before this</span>' : ''}</div>`
  const machines = machinesToDraw(
    problem,
    drawn.map(({ row }) => row.schedule),
  )
  const charts = drawn.map(({ row, names }) => {
    const makespan = makespanOf(row.schedule)
    const beyond = makespan > clock.until * (1 + 1e-9) ? ', beyond the axis' : ''
    const ends = isDrawable(row)
      ? `${formatTime(makespan, problem.unit)}${beyond}`
      : 'no task ended'
    const title = `<h3>${escapeHtml(namesInWords(names))}<span>${escapeHtml(ends)}</span></h3>`
    const notes = [row.why, row.trouble].filter(note => note !== undefined)
    const why = notes.map(note => `<p class="note">${escapeHtml(note)}</p>`).join('')
    if (!isDrawable(row)) return title + why
    const bound = row.seeds > 1 ? {} : { bound: row.lowerBound }
    const lanes = lanesOfSchedule(problem, row.schedule, { ...about, ...clock, machines })
    const shown = lanes.slice(0, mostLanes)
    const cut = lanes.length - shown.length
    const hidden = cut > 0 ? `<p class="note">${cut} more lanes are not drawn.</p>` : ''
    return title + why + ganttChart(shown, { ...clock, axis: true, makespan, ...bound }) + hidden
  })
  const rest = rows.length - drawn.reduce((sum, { names }) => sum + names.length, 0)
  const note = rest > 0 ? `<p class="note">${rest} more are not drawn.</p>` : ''
  return legend + scrollBox('charts', charts.join('\n')) + note
}
