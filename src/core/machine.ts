import type { Failure } from '../model/failure.ts'
import type { MachineDefinition } from '../model/run.ts'
import type { TaskQueue } from './queue.ts'

/** What is known of a machine: what it lends, what is queued for it, and its slots. */
export type Machine = {
  readonly number: number
  readonly definition: MachineDefinition
  readonly capacity: Float64Array
  readonly free: Float64Array
  readonly slots: Slot[]
  /** Numbers of idle slots, lowest last. */
  readonly idle: number[]
  alive: boolean
  pressure: boolean
  /** Work assigned in micros, ended tasks included. */
  assignedWork: number
  /** Predicted micros of work in its queues. */
  queuedWork: number
  /** Tasks queued (early binding) and running. */
  queued: number
  running: number
  /** Early-bound tasks, per class. */
  readonly queues: Map<number, TaskQueue>
}

export type Slot = {
  readonly number: number
  /** Stage of what runs, with what waits behind it perhaps of another; -1: idle. */
  stage: number
  klass: number
  /** Tasks in flight, in the order they were sent. */
  readonly running: number[]
  /** Attempts that were fenced but not yet confirmed gone, each with the items it still owes an answer. */
  readonly stopping: Map<number, readonly [next: number, last: number]>
  /** Predicted micros of unanswered work. */
  work: number
  /** When the slot is predicted to be free. */
  freeAt: number
  /** When it was asked for what waits behind the item that runs, while that runs; 0: it was not. */
  askedAt: number
  /** The last attempt it was ever asked for. */
  askedTo: number
  headSince: number
  /** Stages set up here, least recently used first. */
  readonly loaded: number[]
  /** When each of those was last used. */
  readonly usedAt: number[]
  /** Those of the loaded stages that have answered an item here; before that, an item takes longer. */
  readonly warm: number[]
  /** Bytes of models beside the one in use: leased with it, for nothing is dropped under an attempt. */
  pinned: number
  /** Attempts were asked to stop, or the slot to end: why. */
  killing: Failure | undefined
  /** The slot was told to end and has not confirmed: nothing is sent to it and its lease goes on. */
  dying: boolean
  /** The stage of the head is being set up: its own time has not begun. */
  loading: boolean
  /** Instant of the timer that watches the head; 0: none. */
  watchedAt: number
}
