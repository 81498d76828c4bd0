import { lateFrom, type Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { heap } from '../std/heap.ts'
import type { SummedObjective } from './late-acceptance.ts'
import { freeAt, lineUnder, scheduleOf, sequencesOf } from './sequences.ts'

/**
 * The same machines, but on each the tasks in an order that serves the objective: a planner for short
 * schedules may share tasks out well, though in no order that anyone would wait in. Each machine takes the
 * least of several, its own order among them, so that the whole is never worse. For what are sequences only.
 */
export function inBestQueues(
  problem: Problem,
  schedule: Schedule,
  objective: SummedObjective,
): Schedule {
  const free = freeAt(problem, schedule)
  const lineOf = lineUnder(objective)
  const sequences = sequencesOf(problem, schedule).map((own, on) => {
    const line = { on, now: free[on] }
    let [best, least] = [own, lineOf(problem, own, line).value]
    for (const keyOf of keysUnder(objective)) {
      const sequence = dispatched(problem, own, { ...line, keyOf })
      const { value } = lineOf(problem, sequence, line)
      if (value < least) [best, least] = [sequence, value]
    }
    return best
  })
  return scheduleOf(problem, schedule, sequences)
}

type Key = (problem: Problem, task: number, on: number) => number

const time: Key = ({ times, machines }, task, on) => times[task * machines.length + on]
const due: Key = ({ tasks }, task) => lateFrom(tasks[task])

const perWeight: Key = (problem, task, on) => {
  const { weight } = problem.tasks[task]
  return weight > 0 ? time(problem, task, on) / weight : Number.POSITIVE_INFINITY
}

/** Shortest first (Smith 1956), by weight, by due date (Jackson 1955), and by the latest start in time. */
const keysUnder = (objective: SummedObjective): readonly Key[] =>
  objective === 'mean-flow-time'
    ? [time]
    : [perWeight, due, (problem, task, on) => due(problem, task, on) - time(problem, task, on)]

/** Whenever the machine is free it takes the least key of those released. */
function dispatched(
  problem: Problem,
  sequence: readonly number[],
  { on, now, keyOf }: { readonly on: number; readonly now: number; readonly keyOf: Key },
): number[] {
  const { tasks } = problem
  const entries = sequence.map(task => ({ task, key: keyOf(problem, task, on) }))
  entries.sort((a, b) => tasks[a.task].release - tasks[b.task].release || a.task - b.task)
  const waiting = heap<{ task: number; key: number }>((a, b) =>
    a.key === b.key ? a.task - b.task : a.key - b.key,
  )
  const order: number[] = []
  let [free, arrived] = [now, 0]
  while (order.length < entries.length) {
    if (waiting.size() === 0) free = Math.max(free, tasks[entries[arrived].task].release)
    for (; arrived < entries.length && tasks[entries[arrived].task].release <= free; arrived += 1)
      waiting.push(entries[arrived])
    const next = waiting.pop()
    if (next === undefined) break
    order.push(next.task)
    free += time(problem, next.task, on)
  }
  return order
}
