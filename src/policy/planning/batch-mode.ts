import type { Problem } from '../../model/problem.ts'
import type { Schedule } from '../../model/schedule.ts'
import { eachReady } from './list-schedule.ts'
import { isPlain, partialSchedule } from './partial-schedule.ts'
import { plainBatch } from './plain-batch.ts'
import type { PlanOptions } from './planner.ts'

/**
 * Batch mode (Maheswaran et al. 1999): look at all ready tasks, each with the machine where it
 * would finish first, place the most urgent one there, look again.
 *
 * Placing on a machine only ever makes starts on that machine later. So a task's best and second best
 * machines, once known, change only when one of the two is the machine just used, and its start there only
 * if it was to run at the same time; then it is looked for from where it was. That turns n rounds of n x m
 * into about n x n, plus a little more than n x m.
 */
export function batchSchedule(problem: Problem, urgency: Urgency, options: Hurry): Schedule {
  if (isPlain(problem)) return plainBatch(problem, urgency, options)
  const tasks = problem.tasks.length
  const machines = problem.machines.length
  const partial = partialSchedule(problem)
  const bestMachine = new Int32Array(tasks)
  const secondMachine = new Int32Array(tasks)
  const urgencies = new Float64Array(tasks)
  /** The earliest there is, by task that is ready and machine. */
  const starts = new Float64Array(tasks * machines)
  const ready: number[] = []

  const estimate = (task: number): void => {
    for (let machine = 0; machine < machines; machine += 1)
      starts[task * machines + machine] = partial.earliestStart(task, machine)
    rank(task)
  }

  /** Anew where its start on that machine was before the end, there, of what was just placed. */
  const mend = (task: number, machine: number, placed: number): void => {
    const at = task * machines + machine
    const { start, end } = partial.schedule
    if (starts[at] >= end[placed]) return
    const alone = problem.machines[machine].capacity === undefined
    if (!alone && starts[at] + problem.times[at] <= start[placed]) return
    const later = partial.startFrom(starts[at], task, machine)
    if (later === starts[at]) return
    starts[at] = later
    if (bestMachine[task] === machine || secondMachine[task] === machine) rank(task)
  }

  const rank = (task: number): void => {
    let best = Number.POSITIVE_INFINITY
    let second = Number.POSITIVE_INFINITY
    bestMachine[task] = -1
    secondMachine[task] = -1
    for (let machine = 0; machine < machines; machine += 1) {
      const finish = starts[task * machines + machine] + problem.times[task * machines + machine]
      if (finish < best) {
        second = best
        secondMachine[task] = bestMachine[task]
        best = finish
        bestMachine[task] = machine
      } else if (finish < second) {
        second = finish
        secondMachine[task] = machine
      }
    }
    urgencies[task] = urgency(best, second)
  }

  const takeMostUrgent = (): number | undefined => {
    if (ready.length === 0) return undefined
    let chosen = 0
    for (let at = 1; at < ready.length; at += 1) {
      const lead = urgencies[ready[at]] - urgencies[ready[chosen]]
      if (lead > 0 || (lead === 0 && ready[at] < ready[chosen])) chosen = at
    }
    const task = ready[chosen]
    ready[chosen] = ready[ready.length - 1]
    ready.pop()
    return task
  }

  let [rounds, inHurry] = [0, 0]
  const inTurn = (): number | undefined => {
    const task = ready.pop()
    if (task === undefined) return undefined
    inHurry += 1
    partial.place(task, partial.fastestMachine(task))
    return task
  }

  eachReady(
    problem,
    task => {
      estimate(task)
      ready.push(task)
    },
    () => {
      rounds += 1
      if (inHurry > 0 || (rounds % 64 === 0 && ready.length > 0 && options.hurry?.() === true)) {
        return inTurn()
      }
      const task = takeMostUrgent()
      if (task === undefined) return undefined
      const used = bestMachine[task]
      partial.place(task, used)
      for (const other of ready) {
        mend(other, used, task)
      }
      return task
    },
  )
  if (inHurry > 0) options.hurried?.(inHurry)
  return partial.schedule
}

export type Hurry = Pick<PlanOptions, 'hurry' | 'hurried'>

/**
 * How urgent a task is, given its least and second least finish (`Infinity` where only one machine
 * can run it). A finite number; the greatest goes first, ties by index.
 */
export type Urgency = (best: number, second: number) => number
