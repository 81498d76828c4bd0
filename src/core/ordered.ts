import type { Problem } from '../model/problem.ts'
import type { Wish } from '../model/wish.ts'
import { predict } from '../policy/estimation/least-squares.ts'
import type { OrderedTask } from '../policy/order/order.ts'
import { ranksOf } from '../policy/planning/rank.ts'
import { NEVER } from '../std/time.ts'
import { limits } from './limits.ts'
import type { GraphState, Stage } from './stage.ts'
import type { State } from './state.ts'
import { wishesFor, wishOf } from './wishes.ts'

/** The view an order sees of a task; reused, read at once. An order asks for little, so all is worked out when asked for. */
export function orderedTask(state: State, stage: Stage, task: number): OrderedTask {
  const { ordered } = state.scratch
  ordered.state = state
  ordered.stage = stage
  ordered.task = task
  return ordered
}

/** A class only because of its getters: V8 keeps an object literal with getters as a slow dictionary. */
export class OrderedView implements OrderedTask {
  state!: State
  stage!: Stage
  task = 0

  get index(): number {
    return this.state.tasks.first[this.task]
  }

  get releasedAt(): number {
    return this.state.tasks.readyAt[this.task]
  }

  get priority(): number {
    const { runs, classes, tasks } = this.state
    return runs[this.stage.run].definition.priority + classes[tasks.klass[this.task]].priority
  }

  get dueAt(): number {
    const { link } = this.stage.definition
    if (link.kind === 'graph') {
      const { due } = link.problem.tasks[this.index]
      if (due < Number.POSITIVE_INFINITY) return due * link.ticks
    }
    return this.wish?.due ?? this.state.runs[this.stage.run].definition.due ?? NEVER
  }

  get weight(): number {
    const { link } = this.stage.definition
    if (link.kind === 'graph') return link.problem.tasks[this.index].weight
    return this.wish?.weight ?? this.state.tasks.count[this.task]
  }

  get work(): number {
    return workOf(this.stage, this.index, this.size)
  }

  get upwardRank(): number {
    const { graph } = this.stage
    return graph === undefined ? this.size : upwardRank(this.stage, graph, this.index)
  }

  get time(): number {
    return timeOf(this.stage, this.work)
  }

  get learntTime(): number {
    const { graph, pooled } = this.stage
    return graph !== undefined || pooled.n >= limits.samples ? this.time : 0
  }

  get remainingPath(): number {
    if (this.stage.graph !== undefined) return this.upwardRank
    return this.time + pathAfter(this.state, this.stage)
  }

  private get size(): number {
    return this.state.tasks.size[this.task]
  }

  private get wish(): Wish | undefined {
    const wishes = wishesFor(this.state, this.stage)
    return wishOf(wishes, this.index, this.state.tasks.count[this.task])
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
