import type { Failure } from '../model/failure.ts'
import type { Machine } from './machine.ts'
import type { TaskQueue } from './queue.ts'
import type { Run } from './run.ts'
import type { Scratch } from './scratch.ts'
import type { Stage } from './stage.ts'
import type { TaskTable } from './tasks.ts'
import type { Tenant } from './tenants.ts'
import type { Timers } from './timers.ts'

/**
 * Everything the core knows. Only `apply` writes it; phases and views read it. Runs, stages, machines
 * and slots are found by their number; names belong to the border.
 */
export type State = {
  now: number
  term: number
  /** Entries applied so far. */
  sequence: number
  nextAttempt: number
  /** Tasks placed so far: the turn of round-robin and the counter behind every chance drawn. */
  placements: number
  draining: boolean
  /** By tenant number; the first is `default`. */
  readonly tenants: Tenant[]
  /** The latest start tag of a charged start (fair queueing between tenants). */
  virtualTime: number
  /** A run under an order that shares between tenants was submitted: starts are charged. */
  charging: boolean
  /** Names of resources, in order of first mention: a vector is an array in this order. */
  readonly resources: string[]
  readonly machines: Machine[]
  readonly runs: Run[]
  readonly stages: Stage[]
  readonly classes: Class[]
  tasks: TaskTable
  readonly timers: Timers
  /** Failures and due instants waiting for a decision. */
  readonly recovery: Recovery[]
  readonly scratch: Scratch
}

/** Tasks alike in stage, needs, priority and constraints. */
export type Class = {
  readonly number: number
  readonly stage: number
  readonly priority: number
  readonly memoryScale: number
  /** Band of work, under an order that has bands; else 0. */
  readonly band: number
  /** Of a problem: which machines can run it, as a number; 0: all of them, and for every task of a job. */
  readonly able: number
  readonly needs: Float64Array
  readonly queue: TaskQueue
}

/** What the recover phase must decide on. */
export type Recovery =
  | {
      readonly kind: 'failed'
      readonly stage: number
      readonly index: number
      readonly tries: number
      readonly memoryScale: number
      readonly priority: number
      readonly failure: Failure
      /** The slot ended while the stage was set up in it: the item had not begun. */
      readonly settingUp: boolean
    }
  /** A slot ended while the stage was set up in it. */
  | {
      readonly kind: 'setup'
      readonly stage: number
      readonly machine: number
      readonly klass: number
      readonly failure: Failure
    }
  /** The user cancelled the run: what still runs of it is stopped, whatever else the run is stopping for. */
  | { readonly kind: 'cancel'; readonly run: number }
  /** The head of a slot is past its timeout. */
  | { readonly kind: 'overdue'; readonly machine: number; readonly slot: number }
  /** A fenced attempt is past its grace. */
  | {
      readonly kind: 'grace'
      readonly machine: number
      readonly slot: number
      readonly attempt: number
    }
