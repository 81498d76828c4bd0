import type { GivenBack } from '../event.ts'
import type { State } from '../state.ts'
import { headChanged, isLive } from './attempt.ts'
import { releaseIfIdle } from './slot.ts'
import { returnTask } from './task.ts'

/** Nobody is charged: what had not begun is as if it had never been sent, and what had is done so far. */
export function givenBack(state: State, event: GivenBack): void {
  const { tasks } = state
  const machine = state.machines[event.machine]
  const slot = machine?.slots[event.slot]
  if (slot === undefined) return
  for (let at = 0; at < event.tasks.length; at += 1) {
    const task = event.tasks[at]
    const attempt = event.attempts[at]
    if (isLive(state, event, task, attempt)) {
      const isUntouched = tasks.left[task] === tasks.count[task]
      if (isUntouched) state.runs[state.stages[tasks.stage[task]].run].attempts -= 1
      returnTask(state, machine, slot, task, 'as it was')
    } else slot.stopping.delete(attempt)
  }
  if (slot.running.length === 0) return releaseIfIdle(state, machine, slot)
  slot.headSince = state.now
  headChanged(state, machine, slot)
}
