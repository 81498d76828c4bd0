import { type Problem, transferTime } from './problem.ts'
import { rankedBy } from '../std/rank.ts'
import type { Schedule } from './schedule.ts'

/**
 * Checks a schedule against its problem, knowing nothing of how it was made: every schedule passes
 * here before anyone sees it. All violations are listed, in the order of the checks.
 *
 * Times may be off by rounding: up to a billionth of the latest time in the schedule. A task of no
 * duration needs its machine, or its capacity, at its instant: what ends or starts there does not count.
 */
export function violationsOf(problem: Problem, schedule: Schedule): Violation[] {
  const shape = shapeViolations(problem, schedule)
  if (shape.length > 0) return shape
  const slack = roundingSlack(schedule)
  return [
    ...taskViolations(problem, schedule, slack),
    ...precedenceViolations(problem, schedule, slack),
    ...machineViolations(problem, schedule, slack),
  ]
}

type Violation = {
  readonly kind:
    | 'shape'
    | 'unassigned'
    | 'ineligible'
    | 'not-a-time'
    | 'duration'
    | 'release'
    | 'precedence'
    | 'overlap'
    | 'capacity'
  /** Index in the problem; -1 when the schedule as a whole is wrong. */
  readonly task: number
  /** Index in the problem; -1 where none is concerned. */
  readonly machine: number
  /** For people, with names and numbers. */
  readonly detail: string
}

function shapeViolations(problem: Problem, schedule: Schedule): Violation[] {
  const tasks = problem.tasks.length
  const lengths = [schedule.machine.length, schedule.start.length, schedule.end.length]
  if (lengths.every(length => length === tasks)) return []
  const detail = `${tasks} tasks, but ${lengths.join(', ')} machines, starts and ends`
  return [{ kind: 'shape', task: -1, machine: -1, detail }]
}

function roundingSlack(schedule: Schedule): number {
  let latest = 0
  for (const end of schedule.end) if (Number.isFinite(end)) latest = Math.max(latest, end)
  return latest * 1e-9
}

function taskViolations(problem: Problem, schedule: Schedule, slack: number): Violation[] {
  const found: Violation[] = []
  const machines = problem.machines.length
  for (let task = 0; task < problem.tasks.length; task += 1) {
    const { id, release } = problem.tasks[task]
    const machine = schedule.machine[task]
    const start = schedule.start[task]
    const end = schedule.end[task]
    const report = (kind: Violation['kind'], detail: string): void => {
      found.push({ kind, task, machine, detail: `${id}: ${detail}` })
    }
    if (machine < 0 || machine >= machines) {
      report('unassigned', `machine ${machine} is none of ${machines}`)
      continue
    }
    if (!Number.isFinite(start) || !Number.isFinite(end)) {
      report('not-a-time', `runs from ${start} to ${end}`)
      continue
    }
    const time = problem.times[task * machines + machine]
    if (time === Number.POSITIVE_INFINITY) {
      report('ineligible', `${problem.machines[machine].id} can never run it`)
    } else if (Math.abs(end - start - time) > slack) {
      report('duration', `runs from ${start} to ${end}, which is not ${time}`)
    }
    if (start < release - slack) report('release', `starts at ${start}, released at ${release}`)
    if (start < 0) report('release', `starts at ${start}, before the beginning`)
  }
  return found
}

function precedenceViolations(problem: Problem, schedule: Schedule, slack: number): Violation[] {
  const found: Violation[] = []
  const { firstEdge, from } = problem.edges
  for (let task = 0; task < problem.tasks.length; task += 1) {
    const machine = schedule.machine[task]
    for (let edge = firstEdge[task]; edge < firstEdge[task + 1]; edge += 1) {
      const sender = schedule.machine[from[edge]]
      if (!isMachine(problem, machine) || !isMachine(problem, sender)) continue
      const transfer = transferTime(problem, edge, sender, machine)
      const arrival = schedule.end[from[edge]] + transfer
      if (schedule.start[task] >= arrival - slack) continue
      const detail =
        `${problem.tasks[task].id} starts at ${schedule.start[task]}, but ` +
        `${problem.tasks[from[edge]].id} and its transfer of ${transfer} end at ${arrival}`
      found.push({ kind: 'precedence', task, machine, detail })
    }
  }
  return found
}

function machineViolations(problem: Problem, schedule: Schedule, slack: number): Violation[] {
  const onMachine: number[][] = problem.machines.map(() => [])
  const isInstant = instantsOf(schedule, slack)
  // An instant before all that starts within half the rounding of it.
  const from = schedule.start.map((start, task) => (isInstant(task) ? start - slack / 2 : start))
  for (const task of rankedBy(from)) {
    const machine = schedule.machine[task]
    if (isMachine(problem, machine)) onMachine[machine].push(task)
  }
  return onMachine.flatMap((tasks, machine) => {
    return problem.machines[machine].capacity === undefined
      ? overlaps({ problem, schedule, slack, machine, tasks })
      : overCapacity({ problem, schedule, slack, machine, tasks })
  })
}

const instantsOf =
  ({ start, end }: Schedule, slack: number) =>
  (task: number): boolean =>
    !(end[task] - start[task] > slack)

type OneMachine = {
  readonly problem: Problem
  readonly schedule: Schedule
  readonly slack: number
  readonly machine: number
  /** Those on this machine, by start; instants before what starts there. */
  readonly tasks: readonly number[]
}

function overlaps({ problem, schedule, slack, machine, tasks }: OneMachine): Violation[] {
  const found: Violation[] = []
  const isInstant = instantsOf(schedule, slack)
  let running = tasks[0]
  for (const task of tasks.slice(1)) {
    const rounding = isInstant(task) ? slack / 2 : slack
    if (schedule.start[task] < schedule.end[running] - rounding) {
      const detail =
        `${problem.tasks[task].id} starts at ${schedule.start[task]} on ` +
        `${problem.machines[machine].id}, where ${problem.tasks[running].id} runs until ` +
        `${schedule.end[running]}`
      found.push({ kind: 'overlap', task, machine, detail })
    }
    if (schedule.end[task] > schedule.end[running]) running = task
  }
  return found
}

/**
 * Sweeps over starts and ends; at one instant, and within rounding of it, ends come first. What lasts
 * for an instant only is held against the others, and they not against it.
 */
function overCapacity({ problem, schedule, slack, machine, tasks }: OneMachine): Violation[] {
  const found: Violation[] = []
  const { id, capacity = {} } = problem.machines[machine]
  const isInstant = instantsOf(schedule, slack)
  const ending = tasks
    .filter(task => !isInstant(task))
    .sort((a, b) => schedule.end[a] - schedule.end[b] || a - b)
  const used = new Map<string, number>()
  const add = (task: number, sign: 1 | -1): void => {
    for (const [resource, amount] of Object.entries(problem.tasks[task].needs ?? {})) {
      used.set(resource, (used.get(resource) ?? 0) + sign * amount)
    }
  }
  let ended = 0
  for (const task of tasks) {
    const by = schedule.start[task] + (isInstant(task) ? slack / 2 : slack)
    while (ended < ending.length && schedule.end[ending[ended]] <= by) add(ending[ended++], -1)
    add(task, 1)
    for (const resource of Object.keys(problem.tasks[task].needs ?? {})) {
      const amount = used.get(resource) ?? 0
      const offered = Object.hasOwn(capacity, resource) ? capacity[resource] : 0
      if (amount <= offered * (1 + 1e-9)) continue
      const detail =
        `${problem.tasks[task].id} starts at ${schedule.start[task]} on ${id} and brings ` +
        `${resource} to ${amount} of ${offered}`
      found.push({ kind: 'capacity', task, machine, detail })
    }
    if (isInstant(task)) add(task, -1)
  }
  return found
}

function isMachine(problem: Problem, machine: number): boolean {
  return machine >= 0 && machine < problem.machines.length
}
