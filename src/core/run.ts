import type { Failure } from '../model/failure.ts'
import type { RunDefinition } from '../model/run.ts'
import type { Allocation } from '../policy/allocation/allocation.ts'
import type { Hindsight } from '../policy/estimation/hindsight.ts'
import type { Order } from '../policy/order/order.ts'
import type { Foretold } from './event.ts'

type RunState = 'active' | 'paused' | 'stopping' | 'finishing' | 'done' | 'failed' | 'cancelled'

/** What is known of a run: how it stands, what it took, what was foretold of it. Its items are its stages'. */
export type Run = {
  readonly number: number
  readonly definition: RunDefinition
  readonly stages: number[]
  state: RunState
  readonly submittedAt: number
  endedAt: number
  /** Why it gave up, was cancelled, or could not write its outputs. */
  problem: Failure | undefined
  attempts: number
  retries: number
  /** Items with a due date that have ended well, those after it, and by how many micros at most. */
  readonly dues: { ended: number; late: number; most: number }
  /**
   * Micros in all during which it rested: from its last answer before an interruption or an end to its next
   * start.
   */
  rested: number
  /** Each of these rests, in order; micros since the epoch. */
  readonly rests: { readonly from: number; readonly to: number }[]
  /** Since when it has been resting; 0: it is not. */
  restsSince: number
  /** Machines on which it could start something, as they were when it last did; with what they were at another time. */
  readonly crew: CrewMember[]
  /** Speed of all slots that it had at one time, at most. */
  mostSpeed: number
  /** How forecasts of the job's earlier runs came out, and what was foretold of this one's end, that apart. */
  hindsight: Hindsight
  readonly foretold: (Foretold & { readonly rested: number })[]
  readonly allocation: Allocation
  readonly order: Order
  /** Whose share its starts are charged to. */
  tenant: number
}

export type CrewMember = {
  readonly machine: number
  readonly slots: number
  readonly speed: number
  /** The run has started something since the machine left. */
  readonly gone?: true
}

/** A run is live while its items may still change. */
export function isLive(run: Run): boolean {
  return (
    run.state === 'active' ||
    run.state === 'paused' ||
    run.state === 'stopping' ||
    run.state === 'finishing'
  )
}

/** Nothing of the run will change any more, unless it is taken up again. */
export function hasEnded(run: Run): boolean {
  return run.state === 'finishing' || !isLive(run)
}
