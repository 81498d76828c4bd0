import type { Run } from '../core/run.ts'
import { cargoOf } from '../driver/payloads.ts'
import { slowTasks } from './forecast/forecast.ts'
import type { View } from './view.ts'

/** A task that a slot is at now. */
export type Running = {
  readonly machine: string
  readonly slot: number
  readonly stage: string
  readonly index: number
  /** Items of it not answered yet. */
  readonly items: number
  /** Where it is in memory. */
  readonly key?: string
  /** Micros since the epoch at which its item began. */
  readonly since: number
  /** Attempts that failed before this one. */
  readonly tries: number
  readonly slow: boolean
}

/** What runs at this moment, by machine and slot; nothing where no owner lives. */
export function runningTasks(view: View, run: Run, now: number): Running[] {
  const { state } = view
  const { tasks } = state
  const running: Running[] = []
  if (!view.owned) return running
  const slow = new Set(run.stages.flatMap(at => slowTasks(state, state.stages[at], now)))
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      const stage = state.stages[slot.stage]
      const task = slot.running[0]
      if (stage === undefined || task === undefined || stage.run !== run.number) continue
      const index = tasks.first[task] + tasks.count[task] - tasks.left[task]
      const key =
        view.payloads === undefined ? undefined : cargoOf(state, view.payloads, stage, index)?.key
      running.push({
        machine: machine.definition.id,
        slot: slot.number,
        stage: stage.definition.name,
        index,
        items: tasks.left[task],
        key,
        since: slot.headSince,
        tries: tasks.tries[task],
        slow: slow.has(task),
      })
    }
  }
  return running
}
