import { CANCELLED, FAILED, SKIPPED } from '../core/items.ts'
import type { State } from '../core/state.ts'
import { lateFrom, type Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { makespanOf } from '../model/schedule.ts'

/** The measures of a simulated run; times in the problem's unit. */
export type Measures = {
  readonly makespan: number
  /** End minus release, over the tasks that ended well. */
  readonly meanFlowTime: number
  readonly p95FlowTime: number
  /** Work done over work possible: busy time weighted by speed, so slow machines earn less for being busy. */
  readonly utilisation: number
  /** Failed tasks over all tasks. */
  readonly errorRate: number
  /** Lateness beyond the due date, or 0; over all tasks that ended well, of an item's only the last. */
  readonly meanTardiness: number
  readonly completions: number
  readonly attempts: number
  readonly retries: number
}

export function measure(problem: Problem, state: State, schedule: Schedule): Measures {
  const run = state.runs[0]
  const { items } = state.stages[run.stages[0]]
  const completions =
    problem.tasks.length - items.counts[FAILED] - items.counts[SKIPPED] - items.counts[CANCELLED]
  return {
    ...measureSchedule(problem, schedule),
    errorRate: items.counts[FAILED] / Math.max(1, problem.tasks.length),
    completions,
    attempts: run.attempts,
    retries: run.retries,
  }
}

/** The measures of a schedule in which every task that is placed ends well. */
export function measureSchedule(
  problem: Problem,
  schedule: Schedule,
): Omit<Measures, 'completions' | 'attempts' | 'retries'> {
  const makespan = makespanOf(schedule)
  const { tasks } = problem
  const flow = new Float64Array(tasks.length)
  let ended = 0
  let total = 0
  let tardiness = 0
  let mayBeLate = 0
  // No callbacks here and below: what they add up would be a new number in memory for every task.
  for (let task = 0; task < tasks.length; task += 1) {
    const given = tasks[task]
    const end = schedule.end[task]
    if (Number.isNaN(end)) continue
    const { release } = given
    const due = lateFrom(given)
    flow[ended++] = end - release
    total += end - release
    if (end > due) tardiness += end - due
    if (given.passesOn !== true) mayBeLate += 1
  }
  const sorted = flow.subarray(0, ended).sort()
  return {
    makespan,
    meanFlowTime: total / Math.max(1, ended),
    p95FlowTime: ended === 0 ? 0 : sorted[Math.ceil(0.95 * ended) - 1],
    utilisation: utilisationOf(problem, schedule, makespan),
    errorRate: 0,
    meanTardiness: tardiness / Math.max(1, mayBeLate),
  }
}

/**
 * A machine with capacity counts by the resource it used most, or by the time in which it ran tasks that need
 * nothing of it, whichever is more: such tasks keep it at work as they would a machine without capacity.
 */
function utilisationOf(problem: Problem, schedule: Schedule, makespan: number): number {
  if (makespan === 0) return 0
  const busiest = busyByMachine(problem, schedule)
  let done = 0
  let possible = 0
  problem.machines.forEach(({ speed }, machine) => {
    done += speed * busiest[machine]
    possible += speed * makespan
  })
  return done / possible
}

function busyByMachine(problem: Problem, schedule: Schedule): Float64Array {
  const busy = new Float64Array(problem.machines.length)
  const used = problem.machines.map(() => new Map<string, number>())
  const needless: number[] = []
  for (let task = 0; task < problem.tasks.length; task += 1) {
    const { needs } = problem.tasks[task]
    const machine = schedule.machine[task]
    if (machine < 0) continue
    const { capacity } = problem.machines[machine]
    const time = schedule.end[task] - schedule.start[task]
    if (capacity === undefined) {
      busy[machine] += time
      continue
    }
    const needed = Object.entries(needs ?? {}).filter(([, need]) => need > 0)
    if (needed.length === 0) needless.push(task)
    else
      for (const [name, need] of needed)
        used[machine].set(name, (used[machine].get(name) ?? 0) + (time * need) / capacity[name])
  }
  addTimeCovered(busy, schedule, needless)
  used.forEach((shares, machine) => {
    busy[machine] = Math.max(busy[machine], ...shares.values())
  })
  return busy
}

/** To each machine the time in which at least one of its tasks ran, counted once. */
function addTimeCovered(
  busy: Float64Array,
  { machine, start, end }: Schedule,
  tasks: number[],
): void {
  const until = new Float64Array(busy.length)
  for (const task of tasks.sort((a, b) => start[a] - start[b])) {
    const on = machine[task]
    busy[on] += Math.max(0, end[task] - Math.max(start[task], until[on]))
    until[on] = Math.max(until[on], end[task])
  }
}
