import type { Run } from '../run.ts'
import type { State } from '../state.ts'

/**
 * Which machines a run could use is noted when it starts something and they are others than before: a directory's
 * next run may be carved in another way, and the measures of this one are of the machines that it had.
 */
export function meet(state: State, run: Run): void {
  const { met, machinesAt } = state.scratch
  if (met.get(run.number) === machinesAt) return
  met.set(run.number, machinesAt)
  let offered = 0
  for (const { number, alive, definition } of state.machines) {
    const known = run.crew.findIndex(({ machine }) => machine === number)
    if (!alive) {
      if (known >= 0) run.crew[known] = { ...run.crew[known], gone: true }
      continue
    }
    const { speed, slots = 1 } = definition
    const member = { machine: number, slots, speed }
    if (known < 0) run.crew.push(member)
    else run.crew[known] = member
    offered += speed * slots
  }
  run.mostSpeed = Math.max(run.mostSpeed, offered)
}
