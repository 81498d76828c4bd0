import type { Problem } from '../model/problem.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'
import { columnsOf, cutInMiddle, inOneLine } from '../std/columns.ts'
import { rankedBy } from '../std/rank.ts'
import { formatNumber, formatTime } from './plan-view.ts'

/**
 * A Gantt chart for a terminal: a row per machine, a column per slice of time. A task wide enough
 * shows its name, alternating shades tell neighbours apart, and a slice that many short tasks share
 * is shaded by how busy the machine was. Idle time is a dot.
 */
export function ganttText(problem: Problem, schedule: Schedule, options: GanttOptions): string {
  const makespan = makespanOf(schedule)
  const shown = busiest(problem, schedule, options.rows ?? 24)
  const label = Math.min(
    Math.min(16, Math.floor(options.width / 4)),
    Math.max(...shown.map(machine => columnsOf(inOneLine(problem.machines[machine].id))), 0),
  )
  const columns = Math.max(10, options.width - label - 8)
  if (makespan === 0) return 'nothing takes any time'
  const placed = byMachine(problem, schedule)
  const lines = shown.map(machine => {
    const tasks = byStart(schedule, placed[machine])
    const cells = rowOf(problem, schedule, { tasks, columns, makespan })
    const busy = busyShare(schedule, tasks, makespan)
    const name = fitTo(problem.machines[machine].id, label)
    const share = `${Math.round(busy * 100)} %`.padStart(5)
    return `${name} ${options.colour ? coloured(cells) : cells.join('')} ${share}`
  })
  const hidden = problem.machines.length - shown.length
  return [
    ...lines,
    ...(hidden > 0 ? [`${' '.repeat(label)} ... and ${restOf(problem, schedule, hidden)}`] : []),
    `${' '.repeat(label)} ${axis(columns, makespan, problem.unit)}`,
  ].join('\n')
}

export type GanttOptions = {
  /** Characters of the terminal. */
  readonly width: number
  readonly colour?: boolean
  /** Machines shown at most, the busiest; 24 when absent. */
  readonly rows?: number
}

/** In the order of the problem; only where there are too many, the busiest. */
function busiest(problem: Problem, schedule: Schedule, rows: number): number[] {
  const all = problem.machines.map((_, machine) => machine)
  if (all.length <= rows) return all
  const busy = busyTimes(problem, schedule)
  return all
    .filter(machine => busy[machine] > 0)
    .sort((a, b) => busy[b] - busy[a] || a - b)
    .slice(0, rows)
    .sort((a, b) => a - b)
}

function busyTimes(problem: Problem, schedule: Schedule): Float64Array {
  const busy = new Float64Array(problem.machines.length)
  schedule.machine.forEach((machine, task) => {
    if (machine >= 0) busy[machine] += schedule.end[task] - schedule.start[task]
  })
  return busy
}

/** "40 machines less busy", or "61 idle machines". */
function restOf(problem: Problem, schedule: Schedule, hidden: number): string {
  const idle = busyTimes(problem, schedule).filter(time => time === 0).length
  const machines = hidden === 1 ? 'machine' : 'machines'
  return idle >= hidden ? `${hidden} idle ${machines}` : `${hidden} ${machines} less busy`
}

function byMachine({ machines }: Problem, { machine }: Schedule): number[][] {
  const placed: number[][] = machines.map(() => [])
  for (let task = 0; task < machine.length; task += 1) placed[machine[task]]?.push(task)
  return placed
}

const byStart = ({ start }: Schedule, tasks: readonly number[]): Int32Array =>
  rankedBy(Float64Array.from(tasks, task => start[task])).map(at => tasks[at])

function rowOf(
  problem: Problem,
  schedule: Schedule,
  { tasks, columns, makespan }: { tasks: Int32Array; columns: number; makespan: number },
): string[] {
  const cover = new Float64Array(columns)
  const owner = new Int32Array(columns).fill(-1)
  const most = new Float64Array(columns)
  const shade = new Int32Array(columns)
  tasks.forEach((task, nth) => {
    const from = (schedule.start[task] / makespan) * columns
    const to = (schedule.end[task] / makespan) * columns
    for (let at = Math.floor(from); at < Math.min(columns, Math.ceil(to)); at += 1) {
      const part = Math.min(to, at + 1) - Math.max(from, at)
      cover[at] += part
      if (part <= most[at]) continue
      most[at] = part
      owner[at] = task
      shade[at] = nth % 2
    }
  })
  const cells = Array.from(cover, (part, at) => {
    if (part < 0.05) return '·'
    if (most[at] < 0.5) return part > 0.66 ? '▒' : '░'
    return shade[at] === 0 ? '█' : '▓'
  })
  for (const task of tasks) writeName(cells, owner, task, problem.tasks[task].id)
  return cells
}

function writeName(cells: string[], owner: Int32Array, task: number, name: string): void {
  const from = owner.indexOf(task)
  if (from < 0) return
  let to = from
  while (to + 1 < owner.length && owner[to + 1] === task) to += 1
  const room = to - from - 1
  const text = inOneLine(name)
  if (room < Math.min(columnsOf(text), leastName)) return
  let at = from + 1
  for (const letter of cutInMiddle(text, room)) {
    cells[at] = letter
    // The second column of a wide letter is no cell of its own.
    if (columnsOf(letter) === 2) cells[at + 1] = ''
    at += columnsOf(letter)
  }
}

function busyShare(schedule: Schedule, tasks: Int32Array, makespan: number): number {
  let [busy, until] = [0, 0]
  for (const task of tasks) {
    busy += Math.max(0, schedule.end[task] - Math.max(until, schedule.start[task]))
    until = Math.max(until, schedule.end[task])
  }
  return busy / makespan
}

function axis(columns: number, makespan: number, unit: string): string {
  const end = formatTime(makespan, unit)
  const half = formatNumber(makespan / 2)
  const middle = Math.floor(columns / 2)
  if (columns < half.length + 2 * end.length + 4) return `0${end.padStart(columns - 1)}`
  return (
    `0${half.padStart(middle + Math.floor(half.length / 2) - 1)}`.padEnd(columns - end.length) + end
  )
}

function coloured(cells: readonly string[]): string {
  return cells.map(cell => (cell === '·' ? `\u001b[90m${cell}\u001b[39m` : paint(cell))).join('')
}

const paint = (cell: string): string =>
  cell === '█' || cell === '▓' ? `\u001b[36m${cell}\u001b[39m` : cell

function fitTo(text: string, columns: number): string {
  const shown = cutInMiddle(inOneLine(text), columns).join('')
  return shown + ' '.repeat(columns - columnsOf(shown))
}

/** Of a name cut to fewer columns than this nothing can be known. */
const leastName = 6
