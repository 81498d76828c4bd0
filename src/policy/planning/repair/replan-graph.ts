import { makespanOf } from '../../../model/schedule.ts'
import { prng } from '../../../std/prng.ts'
import { annealDag } from '../search/dag-anneal.ts'
import type { Dag } from '../search/dag.ts'
import { planOf } from '../search/dag-decode.ts'
import { type DagPlan, scheduleOfPlan } from '../search/dag-plan.ts'

/**
 * A plan of a precedence graph brought up to date: what has begun is where and when it is, the rest
 * is searched anew from the order and the machines it had. Few moves at a low temperature: the plan
 * was good, only the durations were not what they should have been. Gives the rest in its new order.
 */
export function replanGraph(dag: Dag, now: Underway, options: ReplanOptions): Replanned {
  const begun = now.begun.reduce((sum, is) => sum + is, 0)
  const rest: Dag = { ...dag, ...pinned(dag, now), begun, identical: false }
  const { start, time } = now
  const end = start.map((begin, task) => begin + time[task])
  const plan = planOf(rest, { machine: now.machine, start, end })
  let [order, machine] = [plan.order.slice(), plan.machine.slice()]
  let least = makespanOf(scheduleOfPlan(plan))
  const below = (makespan: number): boolean => {
    if (makespan >= least) return false
    least = makespan
    ;[order, machine] = [plan.order.slice(), plan.machine.slice()]
    return true
  }
  const scale = (least - now.at) / Math.max(1, (dag.tasks - begun) / dag.machines)
  const [from, to] = [scale * hot, scale * cold]
  const { tries: decodings, steps } = options
  const cooling = { decodings, from, to, greedy: false, steps }
  const search = annealDag(rest, plan, cooling, { random: prng(options.seed, 4), below })
  while (!search.next().done);
  return { order: order.subarray(begun), machine }
}

export type Underway = {
  readonly at: number
  /** 1: running or done. */
  readonly begun: Uint8Array
  /** 1: not done yet. */
  readonly running: Uint8Array
  /** When what has begun did; of the rest, the plan's order, every one above `at`. */
  readonly start: Float64Array
  /** How long what has begun takes, expected where it still runs. */
  readonly time: Float64Array
  readonly machine: Int32Array
}

type ReplanOptions = {
  readonly tries: number
  /** Temperatures to go through; some thousand moves of a small graph are made at each when absent. */
  readonly steps?: number
  readonly seed: number
}

/** Tasks that have not begun, first to last, and every task's machine. */
export type Replanned = Pick<DagPlan, 'order' | 'machine'>

/** Temperatures in mean tasks' shares of the rest; measured on workflows and standard task graphs. */
export const hot = 0.004
export const cold = 0.0008

/** What has begun can run nowhere else and no earlier; the rest cannot begin in the past. */
export function pinned(dag: Dag, { at, begun, start, time, machine }: Underway) {
  const { machines } = dag
  const [times, release] = [dag.times.slice(), dag.release.slice()]
  for (let task = 0; task < dag.tasks; task += 1) {
    if (begun[task] === 0) {
      release[task] = Math.max(release[task], at)
      continue
    }
    times.fill(Number.POSITIVE_INFINITY, task * machines, (task + 1) * machines)
    times[task * machines + machine[task]] = time[task]
    release[task] = start[task]
  }
  return { times, release }
}
