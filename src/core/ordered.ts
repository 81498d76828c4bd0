import type { Problem } from '../model/problem.ts'
import { predict } from '../policy/estimation/least-squares.ts'
import type { OrderedTask } from '../policy/order/order.ts'
import { ranksOf } from '../policy/planning/rank.ts'
import { NEVER } from '../std/time.ts'
import { limits } from './limits.ts'
import type { GraphState, Stage, State } from './state.ts'
import { wishesFor, wishOf } from './wishes.ts'

/** The view an order sees of a task; reused, read at once. What costs a loop is worked out when asked for. */
export function orderedTask(state: State, stage: Stage, task: number): OrderedTask {
  const { tasks } = state
  const { ordered } = state.scratch
  const run = state.runs[stage.run]
  ordered.state = state
  ordered.stage = stage
  ordered.index = tasks.first[task]
  ordered.size = tasks.size[task]
  ordered.releasedAt = tasks.readyAt[task]
  ordered.priority = run.definition.priority + state.classes[tasks.klass[task]].priority
  ordered.dueAt = run.definition.due ?? NEVER
  const wish = wishOf(wishesFor(state, stage), ordered.index, tasks.count[task])
  if (wish?.due !== undefined) ordered.dueAt = wish.due
  ordered.weight = wish?.weight ?? tasks.count[task]
  const { link } = stage.definition
  if (link.kind === 'graph') {
    const { due, weight } = link.problem.tasks[ordered.index]
    if (due < Number.POSITIVE_INFINITY) ordered.dueAt = due * link.ticks
    ordered.weight = weight
  }
  return ordered
}

/**
 * A class for its getters alone: an object literal that has some is kept as a dictionary, and every
 * task that joins a queue writes all of this.
 */
export class OrderedView implements OrderedTask {
  state: State | undefined = undefined
  stage: Stage | undefined = undefined
  index = 0
  size = 0
  releasedAt = 0
  dueAt = NEVER
  priority = 0
  weight = 1

  get work(): number {
    return this.stage === undefined ? this.size : workOf(this.stage, this.index, this.size)
  }

  get upwardRank(): number {
    return this.stage?.graph === undefined
      ? this.size
      : upwardRank(this.stage, this.stage.graph, this.index)
  }

  get time(): number {
    return this.stage === undefined ? 0 : timeOf(this.stage, this.work)
  }

  get learntTime(): number {
    const { stage } = this
    if (stage === undefined) return 0
    return stage.graph !== undefined || stage.pooled.n >= limits.samples ? this.time : 0
  }

  get remainingPath(): number {
    if (this.stage === undefined || this.state === undefined) return 0
    if (this.stage.graph !== undefined) return this.upwardRank
    return this.time + pathAfter(this.state, this.stage)
  }
}

/** Expected time where a problem gives it, else the size. */
export function workOf(stage: Stage, index: number, size: number): number {
  const { link } = stage.definition
  return link.kind === 'graph' ? meanTime(link.problem, index) * link.ticks : size
}

/** Micros at speed 1 by what all machines taught; a second per unit of size before that. */
function timeOf(stage: Stage, work: number): number {
  if (stage.graph !== undefined) return work
  return stage.pooled.n >= limits.samples ? predict(stage.pooled, work) : work * 1_000_000
}

/** The longest chain of stages that follows, an item of size 1 of each. */
function pathAfter(state: State, stage: Stage): number {
  let longest = 0
  for (const number of stage.downstream) {
    const next = state.stages[number]
    longest = Math.max(longest, timeOf(next, 1) + pathAfter(state, next))
  }
  return longest
}

function meanTime({ times, machines }: Problem, task: number): number {
  let sum = 0
  let count = 0
  const end = (task + 1) * machines.length
  for (let at = task * machines.length; at < end; at += 1) {
    if (times[at] === Number.POSITIVE_INFINITY) continue
    sum += times[at]
    count += 1
  }
  return count === 0 ? 0 : sum / count
}

function upwardRank(stage: Stage, graph: GraphState, item: number): number {
  const { link } = stage.definition
  if (link.kind !== 'graph') return 0
  graph.upwardRank ??= ranksOf(link.problem).upward
  return graph.upwardRank[item] * link.ticks
}
