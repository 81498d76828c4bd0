import {
  leastHorizon,
  serialHorizon,
  slowestTransferOf,
  tickOf,
  usualTick,
} from '../model/horizon.ts'
import type { Problem } from '../model/problem.ts'
import { badInput } from './input-error.ts'

/**
 * Arithmetic is only exact while the whole horizon, in ticks, fits the 53 bits of a double, and is many
 * ticks. The place is the longest time's, since what is too much is rarely spread evenly, or of one too short
 * for a tick.
 */
export function requireExact(problem: Problem, placeOf: (time?: PlaceOfTime) => string): void {
  const horizon = serialHorizon(problem)
  const tick = tickOf(horizon)
  const isSmall = horizon > 0 && horizon < leastHorizon
  if (tick !== undefined && !isSmall) return requireSeen(problem, horizon, tick, placeOf)
  const longest = longestTime(problem)
  throw badInput(
    placeOf(longest),
    `times are too ${isSmall ? 'small' : 'large'} for exact arithmetic: everything run one after another takes ${horizon} ` +
      `${problem.unit}${longest ? `, ${longest.inWords}` : ''}`,
    isSmall
      ? `a sum of 0, or of at least ${leastHorizon}; state times in a finer unit`
      : `a sum below 2^53 (about 9.0e15); state times in a coarser unit`,
  )
}

/** Beside times that make ticks coarse a short one is nothing at all. */
function requireSeen(
  problem: Problem,
  horizon: number,
  tick: number,
  placeOf: (time?: PlaceOfTime) => string,
): void {
  if (tick <= usualTick) return
  const { times, tasks, machines, unit } = problem
  const found = times.findIndex(time => time > 0 && time < tick / 2)
  if (found < 0) return
  const at = found % machines.length
  const task = (found - at) / machines.length
  throw badInput(
    placeOf({ kind: 'time', task, at }),
    `${times[found]} ${unit} for task ${tasks[task].id} is lost beside the other times: everything run one ` +
      `after another takes ${horizon} ${unit}`,
    `times of 0, or of at least ${tick / 2} ${unit}, beside such a sum`,
  )
}

/** A processing time, by its machine; a release; or what an edge takes, by its place among the task's edges. */
export type PlaceOfTime = {
  readonly kind: 'time' | 'release' | 'transfer'
  readonly task: number
  readonly at: number
}

type Longest = PlaceOfTime & { readonly time: number; readonly inWords: string }

/** Of processing times, releases and transfers. */
function longestTime(problem: Problem): Longest | undefined {
  const { times, machines, tasks, edges } = problem
  const transferOf = slowestTransferOf(problem)
  let longest: Omit<Longest, 'inWords'> | undefined
  const look = (time: number, kind: PlaceOfTime['kind'], task: number, at: number): void => {
    if (time > (longest?.time ?? 0)) longest = { time, kind, task, at }
  }
  for (let task = 0; task < tasks.length; task += 1) {
    for (let at = 0; at < machines.length; at += 1) {
      const time = times[task * machines.length + at]
      if (time !== Number.POSITIVE_INFINITY) look(time, 'time', task, at)
    }
    look(tasks[task].release, 'release', task, 0)
    const from = edges.firstEdge[task]
    for (let edge = from; edge < edges.firstEdge[task + 1]; edge += 1)
      look(transferOf(edge), 'transfer', task, edge - from)
  }
  return longest && { ...longest, inWords: inWords(problem, longest) }
}

function inWords(
  { tasks, edges }: Problem,
  { kind, task, at, time }: PlaceOfTime & { readonly time: number },
): string {
  const { id } = tasks[task]
  if (kind === 'time') return `task ${id} alone ${time}`
  if (kind === 'release') return `and task ${id} is released at ${time}`
  return `what task ${id} gets from ${tasks[edges.from[edges.firstEdge[task] + at]].id} alone ${time}`
}

/** What is added up without ticks, money and weighted lateness, stays a number however late all is. */
export function requireSums(problem: Problem, place: string, machinesPlace: string): void {
  const horizon = serialHorizon(problem)
  const { machines, tasks } = problem
  const cost = machines.reduce((most, machine) => Math.max(most, machine.cost), 0)
  if (!Number.isFinite(cost * horizon)) {
    const dearest = machines.findIndex(machine => machine.cost === cost)
    throw badInput(
      `${machinesPlace}: machines[${dearest}].cost (${machines[dearest].id})`,
      `costs are too large to be added up: ${cost} over ${horizon} ${problem.unit}`,
      'a smaller cost; state money in a coarser unit',
    )
  }
  const weight = tasks.reduce((sum, task) => sum + task.weight, 0)
  if (Number.isFinite(weight * horizon)) return
  const most = tasks.reduce((most, task) => Math.max(most, task.weight), 0)
  const heaviest = tasks.findIndex(task => task.weight === most)
  throw badInput(
    `${place}: tasks[${heaviest}].weight (${tasks[heaviest].id})`,
    `weights are too large to be added up: ${weight} in all, over ${horizon} ${problem.unit}`,
    'smaller weights: only their proportions count',
  )
}
