import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { formatCount, plural } from '../std/units.ts'
import { quoted, shortName } from './mermaid.ts'
import { formatNumber, formatTime } from './plan-view.ts'

/**
 * A plan as a Mermaid chart: a box per machine with its tasks in their order, and an arrow for each
 * dependency. Where that is more than anybody reads, or than Mermaid draws (500 arrows), a box per
 * machine with what it does, and how many results go from one to another.
 */
export function mermaidOfPlan(problem: Problem, schedule: Schedule): string {
  const { tasks, edges } = problem
  const small = tasks.length <= mostTasks && edges.from.length <= mostEdges
  const lines = small ? taskLines(problem, schedule) : machineLines(problem, schedule)
  return `${['flowchart LR', ...lines].join('\n')}\n`
}

const mostTasks = 150
const mostEdges = 300

function taskLines(problem: Problem, schedule: Schedule): string[] {
  const { machines, tasks } = problem
  const lines = machines.flatMap(({ id }, machine) => {
    const own = tasksOn(schedule, machine)
    if (own.length === 0) return [`  m${machine}[${quoted(`${shortName(id)}<br>idle`)}]`]
    const boxes = own.map(task => `    t${task}[${quoted(textOf(problem, schedule, task))}]`)
    const order = own.slice(1).map((task, nth) => `    t${own[nth]} -.-> t${task}`)
    return [
      `  subgraph m${machine} [${quoted(shortName(id))}]`,
      '    direction LR',
      ...boxes,
      ...order,
      '  end',
    ]
  })
  const arrows = tasks.flatMap((_, task) =>
    predecessors(problem, task).map(before => `  t${before} ==> t${task}`),
  )
  return [...lines, ...arrows]
}

function textOf({ tasks, unit }: Problem, { start, end }: Schedule, task: number): string {
  return `${shortName(tasks[task].id)}<br>${formatNumber(start[task])} to ${formatTime(end[task], unit)}`
}

function machineLines(problem: Problem, schedule: Schedule): string[] {
  const boxes = problem.machines.map(({ id }, machine) => {
    const own = tasksOn(schedule, machine)
    const busy = own.reduce((sum, task) => sum + schedule.end[task] - schedule.start[task], 0)
    const text = `${shortName(id)}<br>${plural(own.length, 'task')}<br>${formatTime(busy, problem.unit)} of work`
    return `  m${machine}[${quoted(text)}]`
  })
  const moved = new Map<string, number>()
  problem.tasks.forEach((_, task) => {
    for (const before of predecessors(problem, task)) {
      const [from, to] = [schedule.machine[before], schedule.machine[task]]
      if (from !== to) moved.set(`${from} ${to}`, (moved.get(`${from} ${to}`) ?? 0) + 1)
    }
  })
  const arrows = [...moved]
    .sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
    .slice(0, mostEdges)
    .map(([pair, count]) => {
      const [from, to] = pair.split(' ')
      return `  m${from} -->|${formatCount(count)}| m${to}`
    })
  return [...boxes, ...arrows]
}

function tasksOn({ machine, start }: Schedule, number: number): number[] {
  return [...machine.keys()]
    .filter(task => machine[task] === number)
    .sort((a, b) => start[a] - start[b] || a - b)
}

function predecessors({ edges }: Problem, task: number): number[] {
  return [...edges.from.subarray(edges.firstEdge[task], edges.firstEdge[task + 1])]
}
