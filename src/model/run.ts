import type { Micros } from '../std/time.ts'
import type { ChunkSpec, Objective, RetrySpec } from './job.ts'
import type { Problem } from './problem.ts'

/**
 * A run as the core sees it: a job without code, payloads or paths. Stages are listed in an order in
 * which every stage follows the one it depends on.
 */
export type RunDefinition = {
  readonly name: string
  readonly job: string
  readonly stages: readonly StageDefinition[]
  readonly tolerate: { readonly count: number; readonly share: number }
  readonly objective: Objective
  /** Absolute instant, or `undefined`. */
  readonly due: Micros | undefined
  readonly priority: number
  /** Whose share of the machines it is charged to under the order `fair`; `default` when absent. */
  readonly tenant?: string
  /** The weight of that share; 1 when absent. */
  readonly share?: number
  readonly strategy: string
  readonly order: string
  readonly seed: number
}

export type StageDefinition = {
  readonly name: string
  /** Position in the run's list of the stage this one follows; -1: it reads a source. */
  readonly after: number
  /** Further stages a gathering stage waits for and takes the results of. */
  readonly also?: readonly number[]
  readonly link: Link
  readonly needs: Readonly<Record<string, number>>
  readonly loads: { readonly name: string; readonly memory: number } | undefined
  readonly chunk: ChunkSpec
  readonly timeout: Micros | undefined
  /** For importing the handler and its setup in a slot; absent: the core's own bound. */
  readonly setupTimeout?: Micros
  readonly grace: Micros
  readonly retry: RetrySpec
}

/** What makes an item of a stage ready. */
export type Link =
  /** The source has given it; `pushed`: items come by themselves, the core never asks. */
  | { readonly kind: 'source'; readonly pushed?: boolean }
  /** The item of the same index upstream is done. */
  | { readonly kind: 'item' }
  /** All items upstream have ended; the driver then says how many groups there are. */
  | { readonly kind: 'gather' }
  /** The `fanIn` items upstream that this node combines have ended; levels grow until one node is left. */
  | { readonly kind: 'tree'; readonly fanIn: number }
  /** Its own predecessors in a problem; times are the problem's, exactly. `ticks`: micros per unit of time. */
  | { readonly kind: 'graph'; readonly problem: Problem; readonly ticks: number }

/** A machine as it joins. `slots`: how many tasks run side by side; `undefined`: as many as fit. */
export type MachineDefinition = {
  readonly id: string
  readonly speed: number
  readonly slots: number | undefined
  readonly capacity: Readonly<Record<string, number>>
  /** Money per second busy. */
  readonly cost: number
}
