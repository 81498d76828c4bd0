import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { ASSIGNED, FREE, READY, RUNNING, WAITING } from '../../core/tasks.ts'
import { expectedMicros } from '../../core/times.ts'
import { formatDuration, plural } from '../../std/units.ts'
import { slowTasks } from '../forecast/forecast.ts'
import type { View } from '../view.ts'
import { endOf, type Instants, instants, startInQueue, startOfReady } from './foretold.ts'
import { aheadInLine, aheadOn, itemsIn, tenantNote } from './line.ts'
import { loadsOf } from './loaded.ts'
import { orderOf, ruleOf } from './placed.ts'
import { type Refusal, refusalsOf } from './refusals.ts'

/** Why an item stands where it does once it is in a task: running, backing off, queued or ready. */
export type TaskWhy = {
  state: string
  reason: string
  helps?: string
  refusals?: Refusal[]
  forecastStart?: Instants
  forecastEnd?: Instants
}

/** An item, and the task it is in. */
type Placed = { readonly task: number; readonly index: number }

export function whyTask(view: View, run: Run, stage: Stage, at: Placed, now: number): TaskWhy {
  const { state } = view
  const { task } = at
  const { tasks } = state
  switch (tasks.state[task]) {
    case RUNNING:
      return view.owned ? whyRunning(view, run, stage, at, now) : interrupted
    case WAITING:
      return {
        state: 'waiting',
        reason:
          tasks.tries[task] > 0
            ? `attempt ${tasks.tries[task]} of ${stage.definition.retry.attempts} failed; it backs off`
            : 'not before its own earliest start',
        forecastStart: instants(tasks.readyAt[task], { low: 0, expected: 0, high: 0 }),
      }
    case ASSIGNED: {
      const machine = state.machines[tasks.machine[task]]
      const before = itemsIn(state, aheadOn(state, machine, task))
      return {
        state: 'assigned',
        reason: `in the queue of ${machine.definition.id}, ${plural(before, 'item')} before it${inChunk(state, at)}; ${ruleOf(view, run, stage, at.index)}`,
        ...(view.owned && run.state === 'active' ? startInQueue(state, stage, at, now) : {}),
      }
    }
    default:
      return whyReady(view, run, stage, at, now)
  }
}

const interrupted: TaskWhy = {
  state: 'interrupted',
  reason: 'it ran when the run was interrupted',
  helps: 'run its job again: it goes on',
}

export const nobodyWorks: TaskWhy = {
  state: 'ready',
  reason: 'the run is interrupted: nobody works on it now',
  helps: 'run its job again: it goes on',
}

function whyRunning(view: View, run: Run, stage: Stage, at: Placed, now: number): TaskWhy {
  const { state } = view
  const { tasks } = state
  const { task, index } = at
  const machine = state.machines[tasks.machine[task]]
  const slot = machine.slots[tasks.slot[task]]
  const ran = Math.max(0, now - Math.max(tasks.startedAt[task], slot?.headSince ?? 0))
  const expected = expectedMicros(stage, machine, index, tasks.size[task] / tasks.count[task])
  const usual = Number.isNaN(expected) ? '' : `, usually ${formatDuration(expected)}`
  const slow = slowTasks(state, stage, now).includes(task)
  const timeout = stage.definition.timeout
  const others = slot?.running.slice(0, Math.max(0, slot.running.indexOf(task))) ?? []
  const before =
    others.reduce((sum, other) => sum + tasks.left[other], 0) +
    Math.max(0, index - (tasks.first[task] + tasks.count[task] - tasks.left[task]))
  const what =
    before > 0
      ? `sent there, ${plural(before, 'item')} before it${usual}`
      : slot?.loading === true
        ? `which loads ${loadsOf(stage)} for it, for ${formatDuration(ran)}`
        : `for ${formatDuration(ran)}${usual}`
  return {
    state: slow ? 'slow' : 'running',
    reason: `on ${machine.definition.id}, slot ${tasks.slot[task]}, ${what}; ${ruleOf(view, run, stage, index)}`,
    ...(slot === undefined || slot.loading
      ? {}
      : endOf(state, stage, { machine, slot, before }, now)),
    ...(slow && timeout === undefined
      ? { helps: `a timeout for stage ${stage.definition.name} would end and retry it` }
      : {}),
  }
}

function whyReady(view: View, run: Run, stage: Stage, at: Placed, now: number): TaskWhy {
  const { state } = view
  if (!view.owned) return nobodyWorks
  const klass = state.classes[state.tasks.klass[at.task]]
  const ahead = itemsIn(state, aheadInLine(state, run, stage, at.task))
  const refusals = refusalsOf(state, run, klass)
  return {
    state: 'ready',
    reason: `${goFirst(ahead)}${inChunk(state, at)} (order ${orderOf(view, run, stage)}${tenantNote(state, run)})`,
    refusals,
    ...startOfReady(state, stage, { ...at, ahead }, now),
  }
}

/** Items of its own task that a slot takes before it. */
function inChunk({ tasks }: State, { task, index }: Placed): string {
  const before = index - tasks.first[task]
  return before === 0 ? '' : `, and ${before} in its own chunk`
}

export const goFirst = (items: number): string =>
  `${plural(items, 'item')} of its stage ${items === 1 ? 'goes' : 'go'} first`

/** The task that the item is in, if it was cut into one. */
export function taskOf(state: State, stage: Stage, index: number): number | undefined {
  const { tasks } = state
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.state[task] === FREE || tasks.stage[task] !== stage.number) continue
    if (index >= tasks.first[task] && index < tasks.first[task] + tasks.count[task]) return task
  }
  return undefined
}

/** Tasks of a stage in each condition, for the answer to `why RUN`. */
export function taskCounts(state: State, stage: Stage) {
  const counts = { running: 0, ready: 0, assigned: 0, waiting: 0 }
  const { tasks } = state
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.stage[task] !== stage.number) continue
    const at = tasks.state[task]
    if (at === RUNNING) counts.running += 1
    else if (at === READY) counts.ready += 1
    else if (at === ASSIGNED) counts.assigned += 1
    else if (at === WAITING) counts.waiting += 1
  }
  return counts
}
