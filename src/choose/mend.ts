import { DONE, OPEN, stateOf } from '../core/items.ts'
import type { State } from '../core/state.ts'
import { RUNNING } from '../core/tasks.ts'
import { dataReadyAt } from '../core/times.ts'
import type { PlannedItems } from '../core/turns.ts'
import type { Problem } from '../model/problem.ts'
import { whyNotUnrelated } from '../policy/bound/unrelated.ts'
import { rebalance } from '../policy/planning/repair/rebalance.ts'
import { replanGraph, type Underway } from '../policy/planning/repair/replan-graph.ts'
import { replanScenarios } from '../policy/planning/repair/replan-scenarios.ts'
import { drawScenarios, type Scenarios } from '../policy/planning/repair/scenarios.ts'
import { type Dag, dagOf } from '../policy/planning/search/dag.ts'

/**
 * A plan mended while it is followed: asked after every step of the core, it plans the tasks that
 * have not begun anew whenever a share of them has since begun, a machine left or joined, or one
 * stands idle while others have tasks waiting. Seldom means by quarters only. Independent tasks are
 * levelled, long ones first, so that the short ones are left to make up for what the long ones took;
 * a graph is searched for a moment, for the least makespan in expected times or for the least mean of
 * scenarios under `noise`: that leaves room where any of several chains may come to be the longest, and
 * is worse where mending again can make up for any luck.
 * `isTrial`: with fewer moves where it is often, for a trial of many.
 * Source: predictive-reactive scheduling, Vieira, Herrmann and Lin 2003.
 */
export function mender(
  how: Mending,
  { noise, isTrial }: Circumstances,
): (problem: Problem, ticks: number) => Mend | undefined {
  return (problem, ticks) => mendOf(problem, ticks, { how, noise, isTrial })
}

type Circumstances = { readonly noise: number; readonly isTrial?: boolean }

/** Of machines that run several tasks at once, and of very many tasks, plans are followed as they are. */
export const isMendable = ({ tasks, machines }: Problem): boolean =>
  tasks.length <= mostPlanned && machines.every(({ capacity }) => capacity === undefined)

export type Mending = 'often' | 'often for the mean' | 'seldom'

/** The ways that differ on a problem, the likeliest to be best first. */
export const mendingsOf = (problem: Problem): readonly [Mending, ...Mending[]] =>
  whyNotUnrelated(problem) === undefined
    ? ['often', 'seldom']
    : ['often', 'often for the mean', 'seldom']

function mendOf(
  problem: Problem,
  ticks: number,
  { how, noise, isTrial }: Circumstances & { readonly how: Mending },
): Mend | undefined {
  if (!isMendable(problem)) return undefined
  const { tasks, machines } = problem
  const dag = whyNotUnrelated(problem) === undefined ? undefined : dagOf(problem)
  const often = how !== 'seldom'
  const parts = dag ? 20 : 30
  const scenarios =
    dag && how === 'often for the mean' && noise > 0
      ? drawScenarios(tasks.length, { pairs: pairsDrawn, noise, seed: 1 })
      : undefined
  const effort = often && isTrial ? brief : whole
  let next = often ? 1 : Math.ceil(tasks.length / 4)
  let alive = machines.length
  let lastAt = -1
  return state => {
    const seen = lookAt(state)
    if (state.now === lastAt || seen.begun === 0) return undefined
    const idle = often && dag === undefined && seen.idle && seen.waiting
    if (seen.begun < next && seen.alive === alive && !idle) return undefined
    const left = tasks.length - seen.begun
    next = seen.begun + Math.max(1, often ? Math.floor(left / parts) : Math.ceil(tasks.length / 4))
    alive = seen.alive
    lastAt = state.now
    if (left < 2) return undefined
    return dag
      ? replanned(problem, { dag, scenarios, effort }, state, ticks)
      : levelled(problem, state, ticks)
  }
}

type Mend = (state: Readonly<State>) => PlannedItems | undefined

/** With more open tasks than this, planning again costs more than it gains. */
export const mostPlanned = 10_000
const rounds = 200
/** Tasks and edges that a search may pass over each time: about a millisecond. */
const work = 150_000
/** The same in all scenarios side by side. */
const workInScenarios = 60_000
/** `perTask`: moves at most, for each task that has not begun. `steps`: temperatures they are made at. */
type Effort = { readonly perTask: number; readonly steps?: number }
const whole: Effort = { perTask: 200 }
/**
 * In trials of what is mended often. Their runs come out up to some tenths of a percent longer, but a time holds two to
 * four times as many: at the time of twelve whole ones what is chosen was, on eight of nine graphs, nearer to the
 * best candidate by a fifth to five sixths of what it had been behind.
 */
const brief: Effort = { perTask: 20, steps: 4 }
const pairsDrawn = 8

function lookAt(state: Readonly<State>) {
  const { counts } = state.stages[0].items
  let begun = counts.reduce((sum, count) => sum + count, 0)
  let [alive, idle, waiting] = [0, false, false]
  for (const machine of state.machines) {
    begun += machine.running
    if (machine.queued > 0) waiting = true
    if (!machine.alive) continue
    alive += 1
    if (machine.queued === 0 && machine.idle.length > 0) idle = true
  }
  return { begun, alive, idle, waiting }
}

/** A task that runs longer than expected is assumed to need this share of the expected time more. */
const overdue = 0.1

function levelled(problem: Problem, state: Readonly<State>, ticks: number) {
  const count = problem.machines.length
  const { begun, gone, machine: on, start, time, at } = underway(problem, state, ticks)
  const load = new Float64Array(count).fill(at)
  const items: number[] = []
  for (let task = 0; task < begun.length; task += 1) {
    if (gone[task] === 1) continue
    if (begun[task] === 0) items.push(task)
    else load[on[task]] = Math.max(load[on[task]], start[task] + time[task])
  }
  const times = timesHere(problem, state, items)
  const machine = new Int32Array(items.length)
  items.forEach((task, row) => {
    const stays = times[row * count + on[task]] < Number.POSITIVE_INFINITY
    machine[row] = stays ? on[task] : leastEnd(load, times, row)
    if (machine[row] >= 0) load[machine[row]] += times[row * count + machine[row]]
  })
  if (machine.includes(-1)) return undefined
  rebalance({ machines: count, times, machine, load }, rounds)
  const longestFirst = items.map((_, row) => -times[row * count + machine[row]])
  return { items, machines: [...machine], ranks: longestFirst }
}

function leastEnd(load: Float64Array, times: Float64Array, row: number): number {
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let on = 0; on < load.length; on += 1) {
    const end = load[on] + times[row * load.length + on]
    if (end < least) [best, least] = [on, end]
  }
  return best
}

/** The rows of some tasks; machines that have left can run nothing. */
function timesHere(problem: Problem, state: Readonly<State>, items: readonly number[]) {
  const count = problem.machines.length
  const times = new Float64Array(items.length * count)
  items.forEach((task, row) => {
    times.set(problem.times.subarray(task * count, (task + 1) * count), row * count)
    for (const { number, alive } of state.machines) {
      if (!alive) times[row * count + number] = Number.POSITIVE_INFINITY
    }
  })
  return times
}

type GraphMending = {
  readonly dag: Dag
  readonly scenarios: Scenarios | undefined
  readonly effort: Effort
}

function replanned(
  problem: Problem,
  { dag, scenarios, effort }: GraphMending,
  state: Readonly<State>,
  ticks: number,
) {
  const now = underway(problem, state, ticks)
  const times = timesHere(problem, state, [...problem.tasks.keys()])
  now.gone.forEach((is, task) => {
    if (is === 1) times.fill(0, task * dag.machines, (task + 1) * dag.machines)
  })
  for (let task = 0; task < dag.tasks; task += 1) {
    if (now.begun[task] === 1 || times[task * dag.machines + now.machine[task]] < Infinity) continue
    now.machine[task] = leastEnd(new Float64Array(dag.machines), times, task)
    if (now.machine[task] < 0) return undefined
  }
  const left = now.begun.reduce((sum, is) => sum - is, dag.tasks)
  const graph = { ...dag, times }
  const given = scenarios ? workInScenarios : work
  const tries = Math.min(given / (dag.tasks + dag.from.length), effort.perTask * left)
  const { order, machine } = scenarios
    ? replanScenarios(graph, now, { tries, scenarios })
    : replanGraph(graph, now, { tries, steps: effort.steps, seed: 1 })
  const items = [...order].filter(task => now.gone[task] === 0)
  return {
    items,
    machines: items.map(task => machine[task]),
    ranks: items.map((_, rank) => rank),
  }
}

/**
 * What the core knows of the run, in the problem's unit. `gone`: failed for good or waited for one that
 * did; it never runs, takes no time and comes after all the others.
 */
function underway(
  problem: Problem,
  state: Readonly<State>,
  ticks: number,
): Underway & { readonly gone: Uint8Array } {
  const [stage] = state.stages
  const { tasks } = state
  const count = problem.tasks.length
  const at = state.now / ticks
  const [begun, running, gone] = [0, 1, 2].map(() => new Uint8Array(count))
  const [start, time] = [new Float64Array(count), new Float64Array(count)]
  const machine = new Int32Array(count)
  for (let item = 0; item < count; item += 1) {
    const reached = stateOf(stage.items, item)
    const ended = reached === DONE
    if (reached !== OPEN && !ended) {
      gone[item] = 1
      continue
    }
    begun[item] = ended ? 1 : 0
    // An ended task takes no time any more: it begins and ends at its end.
    if (ended) start[item] = (stage.graph?.endedAt[item] ?? 0) / ticks
    machine[item] = (ended ? stage.graph?.machineOf[item] : stage.plan?.machine.get(item)) ?? 0
  }
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.state[task] !== RUNNING) continue
    const item = tasks.first[task]
    const on = tasks.machine[task]
    const expected = problem.times[item * problem.machines.length + on]
    const since = Math.max(tasks.startedAt[task], dataReadyAt(stage, on, item)) / ticks
    begun[item] = 1
    running[item] = 1
    machine[item] = on
    start[item] = since
    time[item] = Math.max(expected, at - since + expected * overdue)
  }
  const after = start.reduce((most, begin) => Math.max(most, begin), at) + 1
  for (let item = 0; item < count; item += 1) {
    if (gone[item] === 1) start[item] = Number.MAX_VALUE
    else if (begun[item] === 0) start[item] = after + (stage.plan?.rank.get(item) ?? 0)
  }
  return { at, begun, running, gone, start, time, machine }
}
