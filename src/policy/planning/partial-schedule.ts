import { amountOf, type Problem, transferTime } from '../../model/problem.ts'
import type { Schedule } from '../../model/schedule.ts'
import { capacityTimeline } from './capacity-timeline.ts'
import { tickLoads } from './tick-loads.ts'
import { gapTimeline, type Timeline } from './timeline.ts'

/**
 * A schedule under construction: what every constructive planner asks (when could this task finish
 * there?) and does (put it there). A task can be asked about once all its predecessors are placed.
 *
 * A machine without capacity takes tasks one after another, or into gaps with `insertion`; one with
 * capacity takes a task as soon as its needs fit.
 */
export type PartialSchedule = {
  /** When the release and the data of `task` allow it to start on `machine`. */
  arrival(task: number, machine: number): number
  /** The earliest start from a time on, whatever the task waits for. */
  startFrom(ready: number, task: number, machine: number): number
  /** The earliest start beside what is placed already; meaningless where it can never run. */
  earliestStart(task: number, machine: number): number
  /** The earliest finish beside what is placed already; `Infinity` where it can never run. */
  earliestFinish(task: number, machine: number): number
  /** The machine of least finish; ties go to the lowest index. */
  fastestMachine(task: number): number
  /** The machine of least start; ties go to the lowest index. */
  soonestMachine(task: number): number
  place(task: number, machine: number): void
  readonly schedule: Schedule
}

export function partialSchedule(
  problem: Problem,
  options: { readonly insertion: boolean } = { insertion: false },
): PartialSchedule {
  const { times, edges } = problem
  const machines = problem.machines.length
  const tasks = problem.tasks.length
  const machine = new Int32Array(tasks).fill(-1)
  const start = new Float64Array(tasks)
  const end = new Float64Array(tasks)
  /** When each machine without a timeline has done all that is placed on it. */
  const available = new Float64Array(machines)
  const timelines = timelinesOf(problem, options.insertion)
  const needs = needsOf(problem)

  const arrival = (task: number, on: number): number => {
    let ready = problem.tasks[task].release
    for (let edge = edges.firstEdge[task]; edge < edges.firstEdge[task + 1]; edge += 1) {
      const from = edges.from[edge]
      const data = end[from] + transferTime(problem, edge, machine[from], on)
      if (data > ready) ready = data
    }
    return ready
  }

  const startFrom = (ready: number, task: number, on: number): number => {
    const timeline = timelines[on]
    if (timeline === undefined) return Math.max(ready, available[on])
    return timeline.earliest(ready, times[task * machines + on], needs(task))
  }

  const earliestStart = (task: number, on: number): number =>
    times[task * machines + on] === Number.POSITIVE_INFINITY
      ? Number.POSITIVE_INFINITY
      : startFrom(arrival(task, on), task, on)

  const earliestFinish = (task: number, on: number): number =>
    earliestStart(task, on) + times[task * machines + on]

  // In whole ticks, as a run counts: ends that differ in their last digit alone are one instant there.
  const loads = !options.insertion && isPlain(problem) ? tickLoads(problem) : undefined
  const fastestMachine = loads
    ? loads.soonestEnd
    : (task: number) => leastBy(machines, on => earliestFinish(task, on))
  const soonestMachine = (task: number) =>
    leastBy(machines, on => {
      const start = earliestStart(task, on)
      return loads && start < Number.POSITIVE_INFINITY ? loads.given[on] : start
    })

  const place = (task: number, on: number): void => {
    const duration = times[task * machines + on]
    const from = startFrom(arrival(task, on), task, on)
    machine[task] = on
    start[task] = from
    end[task] = from + duration
    available[on] = Math.max(available[on], end[task])
    loads?.give(task, on)
    timelines[on]?.occupy(from, duration, needs(task))
  }

  const schedule = { machine, start, end }
  return {
    arrival,
    startFrom,
    earliestStart,
    earliestFinish,
    fastestMachine,
    soonestMachine,
    place,
    schedule,
  }
}

/** Whether nothing but machines becoming free makes a task wait. */
export function isPlain({ edges, machines, tasks }: Problem): boolean {
  return (
    edges.from.length === 0 &&
    machines.every(({ capacity }) => capacity === undefined) &&
    tasks.every(({ release }) => release === 0)
  )
}

/** Index of the least value; the first of equals; -1 when all are `Infinity`. */
export function leastBy(count: number, measure: (index: number) => number): number {
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let index = 0; index < count; index += 1) {
    const value = measure(index)
    if (value < least) {
      least = value
      best = index
    }
  }
  return best
}

function timelinesOf(problem: Problem, insertion: boolean): (Timeline | undefined)[] {
  const resources = resourcesOf(problem)
  const instants = insertion && problem.times.includes(0)
  return problem.machines.map(({ capacity }) => {
    if (capacity === undefined) return insertion ? gapTimeline({ instants }) : undefined
    return capacityTimeline(Float64Array.from(resources, resource => amountOf(capacity, resource)))
  })
}

/** The needs of each task as a dense vector over all resources that any task names. */
function needsOf(problem: Problem): (task: number) => Float64Array {
  const resources = resourcesOf(problem)
  const nothing = new Float64Array(resources.length)
  const vectors = problem.tasks.map(({ needs }) =>
    needs === undefined
      ? nothing
      : Float64Array.from(resources, resource => amountOf(needs, resource)),
  )
  return task => vectors[task]
}

function resourcesOf(problem: Problem): string[] {
  return [...new Set(problem.tasks.flatMap(task => Object.keys(task.needs ?? {})))]
}
