import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { listSchedule } from '../policy/planning/list-schedule.ts'
import { searchLateness } from '../policy/planning/search/dag-search.ts'
import type { Lateness } from '../policy/planning/search/lateness.ts'
import { planRanks } from '../sim/plan-ranks.ts'
import { type Prng, prng } from '../std/prng.ts'
import { lateAcceptance, type SearchOptions } from './late-acceptance.ts'
import { compareScores, scoreSchedule } from './objective.ts'
import { searchSequences } from './sequence-search.ts'

/**
 * Anytime search under an objective that is not the makespan, from a schedule that is there: who runs
 * what, and in which order. On machines that take one task at a time independent tasks are sequences, of
 * which a move changes two, and graphs are searched as for the makespan; where machines take several,
 * schedules are decoded whole from an order and machines.
 */
export function searchObjective(
  problem: Problem,
  options: SearchOptions,
): Generator<Schedule | undefined, void, void> {
  if (problem.machines.some(({ capacity }) => capacity !== undefined)) {
    return searchOrders(problem, options)
  }
  if (problem.edges.from.length === 0) return searchSequences(problem, options)
  const aim = latenessUnder(problem, options.objective)
  return aim ? searchLateness(problem, { ...options, aim }) : searchOrders(problem, options)
}

/** The objective as a sum of what tasks end late; `undefined` where it is none. */
function latenessUnder({ tasks }: Problem, objective: Objective): Lateness | undefined {
  if (objective === 'mean-flow-time') {
    return {
      weight: new Float64Array(tasks.length).fill(1 / tasks.length),
      due: Float64Array.from(tasks, ({ release }) => release),
    }
  }
  if (objective !== 'weighted-tardiness') return undefined
  return {
    weight: Float64Array.from(tasks, ({ weight }) => weight),
    due: Float64Array.from(tasks, ({ due }) => due),
  }
}

type Orders = { readonly keys: Float64Array; readonly machine: Int32Array }

/** List schedules by an order and machines (as for project scheduling: Kolisch 1996). */
function* searchOrders(
  problem: Problem,
  { objective, incumbent, seed }: SearchOptions,
): Generator<Schedule | undefined, void, void> {
  yield incumbent
  const { length } = problem.tasks
  if (length < 2) return
  const orders = ordersOf(problem, incumbent)
  const draw = prng(seed)
  const decode = () =>
    listSchedule(problem, { keys: orders.keys, machine: task => orders.machine[task] })
  let best = scoreSchedule(problem, incumbent, objective)
  let current = best
  const accepts = lateAcceptance(current)
  const movesPerStep = Math.max(1, Math.min(100, Math.floor(5_000 / length)))
  for (let idle = 0; idle < 10_000 + 100 * length; idle += movesPerStep) {
    let found: Schedule | undefined
    for (let move = 0; move < movesPerStep && found === undefined; move += 1) {
      const undo = moveOrders(problem, orders, draw)
      const schedule = decode()
      const score = scoreSchedule(problem, schedule, objective)
      if (accepts(score, current)) current = score
      else undo()
      if (compareScores(score, best) < 0) {
        best = score
        found = schedule
        idle = 0
      }
    }
    yield found
  }
}

function ordersOf(problem: Problem, incumbent: Schedule): Orders {
  const keys = new Float64Array(problem.tasks.length)
  planRanks(problem, incumbent).items.forEach((task, rank) => {
    keys[task] = rank
  })
  return { keys, machine: incumbent.machine.slice() }
}

/** Another machine for a task, or the places of two tasks exchanged. Answers how to take it back. */
function moveOrders(problem: Problem, { keys, machine }: Orders, draw: Prng): () => void {
  const task = draw.int(keys.length)
  const machines = problem.machines.length
  if (machines > 1 && draw.chance(0.5)) {
    const from = machine[task]
    const to = draw.int(machines)
    if (problem.times[task * machines + to] < Number.POSITIVE_INFINITY) machine[task] = to
    return () => {
      machine[task] = from
    }
  }
  const other = draw.int(keys.length)
  const exchange = () => {
    const key = keys[task]
    keys[task] = keys[other]
    keys[other] = key
  }
  exchange()
  return exchange
}
