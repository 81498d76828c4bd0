import type { Failure } from '../model/failure.ts'
import type { Successors } from '../model/precedence.ts'
import type { MachineDefinition, RunDefinition, StageDefinition } from '../model/run.ts'
import type { Wish } from '../model/wish.ts'
import type { Allocation } from '../policy/allocation/allocation.ts'
import type { Hindsight } from '../policy/estimation/hindsight.ts'
import type { Estimate } from '../policy/estimation/least-squares.ts'
import type { Order } from '../policy/order/order.ts'
import type { Foretold } from './event.ts'
import type { Intervals } from './intervals.ts'
import type { ItemStates } from './items.ts'
import type { TaskQueue } from './queue.ts'
import type { Scratch } from './scratch.ts'
import type { TaskTable } from './tasks.ts'
import type { Tenant } from './tenants.ts'
import type { Timers } from './timers.ts'
import type { Turns } from './turns.ts'

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

type RunState = 'active' | 'paused' | 'stopping' | 'finishing' | 'done' | 'failed' | 'cancelled'

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
}

export type Stage = {
  readonly number: number
  readonly run: number
  readonly definition: StageDefinition
  /** Number of the stage it follows, or -1. */
  readonly upstream: number
  readonly downstream: number[]
  /** How far from the source: deeper goes first. */
  readonly depth: number
  /** A tree stage's next level, or -1. */
  nextLevel: number
  /** For a level of a tree beyond the first: the first level's number; else its own. */
  readonly root: number
  items: ItemStates
  /** Items known so far; final once `complete`. */
  known: number
  /** No item will be added. */
  complete: boolean
  reading: boolean
  cursor: string | undefined
  /** Where windows of the source begin: to read an item again after a restart. */
  readonly marks: { first: number; cursor: string | undefined }[]
  /** Ready and not yet cut. */
  readonly pool: Intervals
  /** Items in tasks that have not ended. */
  open: number
  /** Tasks that are waiting, ready, assigned or running. */
  openTasks: number
  readonly sizes: Map<number, number>
  /** Items the source could not give: to try them again the input must be read anew. */
  readonly unreadable: Set<number>
  /** Of the items that came in here; `wishes.ts` says who looks at them. */
  readonly wishes: Map<number, Wish>
  /** Tree: inputs of a node still missing. Graph: predecessors still missing is `waitingFor`. */
  readonly arrived: Map<number, number>
  graph: GraphState | undefined
  readonly classes: number[]
  /** By machine number; times in micros. */
  readonly estimates: Estimate[]
  /** Pooled over machines, normalised to speed 1. */
  readonly pooled: Estimate
  /** Everything learnt so far comes from first items of slots, which take longer. */
  onlyCold: boolean
  /** Micros from one message of a slot to the next that its items did not take; size: how many items. */
  readonly handover: Estimate
  setup: Setup
  /** Item -> machine and rank, from an adopted plan. */
  plan:
    | {
        strategy: string
        seed: number
        steps: number
        machine: Map<number, number>
        rank: Map<number, number>
      }
    | undefined
  broken: Failure | undefined
  peakBytes: number
  firstStart: number
  lastEnd: number
  busyMicros: number
  /** What each machine did of this stage, by machine number. */
  readonly byMachine: Share[]
}

/** Attempts of items that ended on a machine, the micros they took there, and would have at speed 1. */
type Share = { tasks: number; micros: number; work: number }

/** Setting a stage up in slots: import and `setup`, and what it `loads`. */
type Setup = {
  /** How often it was done, and the micros it took in sum. */
  n: number
  micros: number
  /** Micros in sum from when a task was sent until its stage was set up: starting the slot's process included. */
  waited: number
  /** The most memory it took. */
  bytes: number
  /** The handler can give that memory back. */
  frees: boolean
  /** By machine number: where the last slots ended before the stage was set up in them. */
  readonly lostOn: Map<number, SetupLost>
}

type SetupLost = {
  /** How many slots in a row. */
  readonly count: number
  /** Why the last of them ended. */
  readonly last: string
  /** It ran into its time limit, and setup had not yet succeeded on any machine. */
  readonly hangs: boolean
}

export type GraphState = {
  /** By task: predecessors that have not ended. */
  readonly waitingFor: Int32Array
  readonly successors: Successors
  readonly machineOf: Int32Array
  readonly endedAt: Float64Array
  /** By task: which machines can run it, as a number; 0: all of them. */
  readonly able: Int32Array
  /** In the problem's unit; worked out when an order first asks. */
  upwardRank: Float64Array | undefined
  /** Whose turn it is on each machine, while a plan is followed. */
  turns: Turns | undefined
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
