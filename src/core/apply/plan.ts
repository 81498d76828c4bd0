import type { Event } from '../event.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { ASSIGNED } from '../tasks.ts'
import { turnsOf } from '../turns.ts'
import { unassign } from './assignment.ts'

/**
 * A plan is adopted: items it names follow it from here on. One without ranks says only where; which
 * goes first there is for the run's order.
 */
export function adoptPlan(state: State, event: Extract<Event, { kind: 'plan' }>): void {
  const machine = new Map(event.items.map((item, at) => [item, event.machines[at]]))
  const ranked = event.ranks.length > 0
  const rank = new Map(ranked ? event.items.map((item, at) => [item, event.ranks[at]]) : [])
  const stage = state.stages[event.stage]
  stage.plan = { strategy: event.strategy, seed: event.seed, steps: event.steps, machine, rank }
  if (stage.graph !== undefined) stage.graph.turns = ranked ? turnsOf(stage, event) : undefined
  releaseAssigned(state, stage)
}

/** Tasks that were queued somewhere before the plan are placed again. */
function releaseAssigned(state: State, stage: Stage): void {
  const { tasks } = state
  const queued: number[] = []
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.state[task] === ASSIGNED && tasks.stage[task] === stage.number) queued.push(task)
  }
  for (const machine of state.machines) {
    for (const klass of stage.classes) machine.queues.delete(klass)
  }
  unassign(state, queued)
}
