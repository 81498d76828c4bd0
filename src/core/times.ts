import { transferTime } from '../model/problem.ts'
import { predict } from '../policy/estimation/least-squares.ts'
import { limits } from './limits.ts'
import { holds } from './models.ts'
import type { Machine } from './machine.ts'
import type { Stage } from './stage.ts'
import type { State } from './state.ts'
import type { TaskTable } from './tasks.ts'

/**
 * What the core believes about time. A graph's times are given; any other stage's are learnt per
 * machine, and until enough was seen of one machine, from all machines scaled by speed.
 */

/** Expected micros of a task of `count` items, loading excluded; `NaN` while nothing is known. */
export function expectedMicros(
  stage: Stage,
  machine: Machine,
  first: number,
  size: number,
  count = 1,
): number {
  const link = stage.definition.link
  if (link.kind === 'graph') {
    const { problem, ticks } = link
    return Math.round(problem.times[first * problem.machines.length + machine.number] * ticks)
  }
  const own = stage.estimates[machine.number]
  if (own !== undefined && own.n >= limits.samples) return count * predict(own, size / count)
  if (stage.pooled.n > 0) {
    return (count * predict(stage.pooled, size / count)) / machine.definition.speed
  }
  return Number.NaN
}

/** Whether two tasks of a stage are expected to take the same: nearly all of a message are, so it is worked out once. */
export function areAlike({ size, count }: TaskTable, stage: Stage, a: number, b: number): boolean {
  return size[a] === size[b] && count[a] === count[b] && stage.graph === undefined
}

/** Micros for a choice between machines: where nothing is known, a second per unit of size at speed 1. */
export function comparableMicros(
  state: State,
  stage: Stage,
  machine: Machine,
  task: number,
): number {
  const { first, size: sizes, count } = state.tasks
  const size = sizes[task]
  const expected = expectedMicros(stage, machine, first[task], size, count[task])
  const work = Number.isNaN(expected) ? (size * 1_000_000) / machine.definition.speed : expected
  return work + setupMicros(state, stage, machine)
}

/** Loading the stage's model on a machine where no slot holds it. */
export function setupMicros(state: State, stage: Stage, machine: Machine): number {
  if (stage.definition.loads === undefined || stage.setup.n === 0) return 0
  for (const slot of machine.slots) if (holds(state, slot, stage)) return 0
  return stage.setup.micros / stage.setup.n
}

/** When a graph's task could begin on the machine as far as its data goes: 0 for other stages. */
export function dataReadyAt(stage: Stage, machine: number, task: number): number {
  const link = stage.definition.link
  const graph = stage.graph
  if (link.kind !== 'graph' || graph === undefined) return 0
  const { edges } = link.problem
  let ready = 0
  for (let edge = edges.firstEdge[task]; edge < edges.firstEdge[task + 1]; edge += 1) {
    const from = edges.from[edge]
    const transfer = transferTime(link.problem, edge, graph.machineOf[from], machine)
    const arrives = graph.endedAt[from] + Math.round(transfer * link.ticks)
    if (arrives > ready) ready = arrives
  }
  return ready
}

/** Whether the vector fits into what is free, or into all that the machine has; rounding is forgiven. */
export function fits(needs: Float64Array, room: Float64Array): boolean {
  for (let resource = 0; resource < needs.length; resource += 1) {
    if (needs[resource] > 0 && needs[resource] > (room[resource] ?? 0) + 1e-9) return false
  }
  return true
}
