import type { Problem } from '../model/problem.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'
import { type Block, type Lane, lanesOf } from './lanes.ts'

/** Of more machines only some are drawn. */
export const mostMachines = 64

/** The lanes of a schedule's machines, as far as the time axis goes. */
export function lanesOfSchedule(
  problem: Problem,
  schedule: Schedule,
  { until, machines, isEstimated }: LanesWanted,
): Lane[] {
  const onMachine: Block[][] = problem.machines.map(() => [])
  schedule.machine.forEach((machine, task) => {
    const start = schedule.start[task]
    if (machine < 0 || start >= until) return
    const end = Math.min(until, schedule.end[task])
    const mark = isEstimated?.(task, machine) === true ? '~' : ''
    onMachine[machine].push({ start, end, label: mark + problem.tasks[task].id, state: 'done' })
  })
  return machines.flatMap(machine => lanesOf(problem.machines[machine].id, onMachine[machine]))
}

type LanesWanted = {
  readonly until: number
  /** Of replays: whether the time of a task on a machine was estimated. */
  readonly isEstimated?: (task: number, machine: number) => boolean
  readonly machines: readonly number[]
}

/** The same ones in every schedule: those on which one of them ends, then those that work most, in their own order. */
export function machinesToDraw({ machines }: Problem, schedules: readonly Schedule[]): number[] {
  const all = machines.map((_, machine) => machine)
  if (all.length <= mostMachines) return all
  const busy = new Float64Array(all.length)
  for (const schedule of schedules) {
    const makespan = makespanOf(schedule)
    schedule.machine.forEach((machine, task) => {
      if (machine < 0) return
      busy[machine] += schedule.end[task] - schedule.start[task]
      if (schedule.end[task] === makespan) busy[machine] = Number.POSITIVE_INFINITY
    })
  }
  return all
    .sort((a, b) => (busy[a] === busy[b] ? a - b : busy[b] - busy[a]))
    .slice(0, mostMachines)
    .sort((a, b) => a - b)
}
