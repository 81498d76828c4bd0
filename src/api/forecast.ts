import { endedCount } from '../core/items.ts'
import type { Machine, Run, Stage, State } from '../core/state.ts'
import { expectedMicros } from '../core/times.ts'
import { ratioQuantile } from '../policy/estimation/least-squares.ts'

/** Micros from now; `low` and `high` by how wrong such predictions were: 10 % and 90 %. */
export type Forecast = { readonly low: number; readonly expected: number; readonly high: number }

/** Time a run has left, by what was learnt of its stages; `undefined` while that says too little. */
export function timeLeft(state: State, run: Run): Forecast | undefined {
  let work = 0
  let low = 0
  let high = 0
  for (const number of run.stages) {
    const stage = state.stages[number]
    const open = openItems(state, stage)
    if (open === undefined) return undefined
    if (open === 0) continue
    const micros = microsPerItem(state, stage)
    if (micros === undefined) return undefined
    work += open * micros
    low += open * micros * Math.min(1, ratioQuantile(stage.pooled, 0.1))
    high += open * micros * Math.max(1, ratioQuantile(stage.pooled, 0.9))
  }
  const speed = Math.max(1, speedOf(state))
  return { low: low / speed, expected: work / speed, high: high / speed }
}

/** Items still to be answered, those of stages that follow item by item included. */
function openItems(state: State, stage: Stage): number | undefined {
  const { link } = stage.definition
  let head = stage
  while (head.definition.link.kind === 'item') head = state.stages[head.upstream]
  if (link.kind === 'tree' || link.kind === 'gather') {
    if (stage.complete) return stage.known - endedCount(stage.items)
    // How many groups there will be is not known before all upstream has ended; one is the least.
    return 1
  }
  if (!head.complete) return undefined
  return head.known - endedCount(stage.items)
}

/** Mean time of an item at speed 1; `undefined` while none was measured. */
export function microsPerItem(_state: State, stage: Stage): number | undefined {
  const { pooled, definition } = stage
  if (pooled.n > 0) return pooled.time / pooled.n
  // A gathering stage runs once, at the end: not knowing it yet must not hide the rest.
  return definition.link.kind === 'gather' || definition.link.kind === 'tree' ? 0 : undefined
}

/** Slots of all living machines, weighted by speed. */
export function speedOf(state: State): number {
  return state.machines.reduce(
    (sum, machine) => sum + (machine.alive ? machine.slots.length * machine.definition.speed : 0),
    0,
  )
}

/** Tasks running longer than nine of ten such tasks do, twice over. */
export function slowTasks(state: State, stage: Stage, now: number): number[] {
  const slow: number[] = []
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      if (slot.stage !== stage.number) continue
      const head = slot.running[0]
      if (head !== undefined && isSlow(state, stage, machine, head, now - slot.headSince))
        slow.push(head)
    }
  }
  return slow
}

function isSlow(state: State, stage: Stage, machine: Machine, task: number, ran: number): boolean {
  const { first, size, count } = state.tasks
  const expected = expectedMicros(stage, machine, first[task], size[task], count[task])
  if (Number.isNaN(expected) || stage.pooled.n < 5) return false
  return ran > 2 * Math.max(1, ratioQuantile(stage.pooled, 0.9)) * expected && ran > 1_000_000
}
