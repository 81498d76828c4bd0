import { limits } from './limits.ts'
import type { Machine } from './machine.ts'
import type { Stage } from './stage.ts'
import type { State } from './state.ts'

/**
 * Where a stage cannot be set up it is not tried again, and the run goes on on the other machines: slots of that
 * machine ended in a row under it, or its setup has never returned.
 */
export function isGivenUpOn({ setup }: Stage, machine: number): boolean {
  const lost = setup.lostOn.get(machine)
  return lost !== undefined && (lost.hangs || lost.count >= limits.setups)
}

/** Whether it is here, and the stage has not been given up on it. */
export const isOpenTo = (machine: Machine, stage: Stage): boolean =>
  machine.alive && !isGivenUpOn(stage, machine.number)

/** The machines that the stage may go to. */
export const openMachines = ({ machines }: Pick<State, 'machines'>, stage: Stage): Machine[] =>
  machines.filter(machine => isOpenTo(machine, stage))

/** "3 slots in a row ended under it; the last: died"; nothing where it is still tried. */
export function whyGivenUpOn(stage: Stage, machine: number): string | undefined {
  const lost = stage.setup.lostOn.get(machine)
  if (lost === undefined || !isGivenUpOn(stage, machine)) return undefined
  if (lost.hangs) return lost.last
  return `${lost.count} slots in a row ended under it; the last: ${lost.last}`
}
