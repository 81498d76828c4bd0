import { orderedTask } from '../../core/ordered.ts'
import { queuedTasks } from '../../core/queue.ts'
import type { Machine } from '../../core/machine.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { compareTenants } from '../../core/tenants.ts'

/** Who goes first, as the core sees it now: for `why`. */

/** Tasks that go before it: of its class, or where heads compete by urgency, of its stage as it is now. */
export function aheadInLine(state: State, run: Run, stage: Stage, task: number): number[] {
  const { urgency } = run.order
  if (urgency === undefined) {
    const { queue } = state.classes[state.tasks.klass[task]]
    return queuedTasks(queue).filter(other => precedes(state, other, task))
  }
  const urgencyOf = (of: number): number => urgency(orderedTask(state, stage, of), state.now)
  const own = urgencyOf(task)
  const ahead: number[] = []
  for (const number of stage.classes) {
    for (const other of queuedTasks(state.classes[number].queue)) {
      const theirs = urgencyOf(other)
      if (theirs > own || (theirs === own && precedes(state, other, task))) ahead.push(other)
    }
  }
  return ahead
}

/** Items of tasks. */
export const itemsIn = ({ tasks }: State, some: readonly number[]): number =>
  some.reduce((sum, task) => sum + tasks.count[task], 0)

/** Tasks of its class that go first on the machine it waits for. */
export function aheadOn(state: State, machine: Machine, task: number): number[] {
  const queue = machine.queues.get(state.tasks.klass[task])
  return queue === undefined ? [] : queuedTasks(queue).filter(other => precedes(state, other, task))
}

/** Under an order that shares between tenants: whose turn comes before. */
export function tenantNote(state: State, run: Run): string {
  if (run.order.betweenTenants !== true) return ''
  const before = state.runs
    .filter(other => other.state === 'active' && compareTenants(state, other, run) < 0)
    .filter(({ stages }) => stages.some(number => state.stages[number].openTasks > 0))
    .map(other => state.tenants[other.tenant].name)
  const others = [...new Set(before)]
  const turn = others.length === 0 ? 'its share comes next' : `after ${others.join(', ')}`
  return `, tenant ${state.tenants[run.tenant].name}: ${turn}`
}

function precedes(state: State, a: number, b: number): boolean {
  const { key, first } = state.tasks
  return key[a] !== key[b] ? key[a] < key[b] : first[a] < first[b]
}
