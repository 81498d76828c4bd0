import type { Machine, Slot } from '../../core/machine.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { expectedMicros } from '../../core/times.ts'
import { type Forecast, leftOf, startAfter, startOn, unansweredOf } from '../forecast/forecast.ts'
import { aheadOn } from './line.ts'

/**
 * When an item of `why` starts or ends: micros since the epoch, by what was learnt of times; eight times in ten
 * between `low` and `high`.
 */
export type Instants = Forecast

type Starts = { readonly forecastStart?: Instants }

export const instants = (now: number, { low, expected, high }: Forecast): Instants => ({
  low: Math.round(now + low),
  expected: Math.round(now + expected),
  high: Math.round(now + high),
})

/** Start of an item that is in no task yet, with `ahead` items of its stage before it. */
export const startInPool = (state: State, stage: Stage, ahead: number, now: number): Starts =>
  starting(now, startAfter(state, stage, ahead, now), 0)

/** Start of an item in a task that no machine has taken. */
export function startOfReady(
  state: State,
  stage: Stage,
  { task, index, ahead }: { readonly task: number; readonly index: number; readonly ahead: number },
  now: number,
): Starts {
  const [machine] = state.machines.filter(({ alive }) => alive)
  const own = machine === undefined ? 0 : beforeInTask(state, stage, machine, { task, index })
  const chunk = state.tasks.count[task]
  return starting(now, startAfter(state, stage, ahead, now, chunk), own)
}

/** Start of an item in a task that is in a machine's queue. */
export function startInQueue(
  state: State,
  stage: Stage,
  { task, index }: { readonly task: number; readonly index: number },
  now: number,
): Starts {
  const machine = state.machines[state.tasks.machine[task]]
  const own = beforeInTask(state, stage, machine, { task, index })
  return starting(now, startOn(state, stage, machine, aheadOn(state, machine, task), now), own)
}

/** Micros that the items before it in its own task take. */
function beforeInTask(
  { tasks }: State,
  stage: Stage,
  machine: Machine,
  { task, index }: { readonly task: number; readonly index: number },
): number {
  const before = index - tasks.first[task]
  if (before === 0) return 0
  const each = tasks.size[task] / tasks.count[task]
  return expectedMicros(stage, machine, tasks.first[task], each * before, before)
}

function starting(now: number, after: Forecast | undefined, more: number): Starts {
  if (after === undefined || Number.isNaN(more)) return {}
  const { low, expected, high } = after
  return {
    forecastStart: instants(now, { low: low + more, expected: expected + more, high: high + more }),
  }
}

/**
 * End of an item that was sent to a slot, with `before` items ahead of it there. The items of a `batch` are
 * answered together, so nothing is heard while it runs: once a task is silent for twice the time of one item,
 * all its items are waited for.
 */
export function endOf(
  state: State,
  stage: Stage,
  {
    machine,
    slot,
    before,
  }: { readonly machine: Machine; readonly slot: Slot; readonly before: number },
  now: number,
): { readonly forecastEnd?: Instants } {
  const [head] = slot.running
  const ran = Math.max(0, now - Math.max(state.tasks.startedAt[head], slot.headSince))
  const whole = unansweredOf(state, head)
  const each = expectedMicros(stage, machine, whole.first, whole.size / whole.items)
  const isTogether = state.tasks.left[head] === state.tasks.count[head] && ran > 2 * each
  const items = isTogether ? Math.max(before + 1, whole.items) : before + 1
  const left = leftOf(
    stage,
    machine,
    { ...whole, items, size: (whole.size / whole.items) * items },
    ran,
  )
  return left === undefined ? {} : { forecastEnd: instants(now, left) }
}
