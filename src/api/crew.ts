import type { CrewMember, Run } from '../core/run.ts'
import type { State } from '../core/state.ts'

/**
 * Machines that the run has had, by number. Those that are there, where it has started nothing yet or its directory
 * is from before they were noted.
 */
export function crewOf({ machines }: State, { crew }: Run): readonly CrewMember[] {
  if (crew.length > 0) return crew.slice().sort((a, b) => a.machine - b.machine)
  return machines
    .filter(({ alive }) => alive)
    .map(({ number, definition: { slots = 1, speed } }) => ({ machine: number, slots, speed }))
}

/** Speed of all slots that the run had at one time, at most. */
export function speedOf(state: State, run: Run): number {
  if (run.mostSpeed > 0) return run.mostSpeed
  return crewOf(state, run).reduce((sum, { slots, speed }) => sum + slots * speed, 0)
}
