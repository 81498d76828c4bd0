import type { Failure } from '../model/failure.ts'
import type { Successors } from '../model/precedence.ts'
import type { StageDefinition } from '../model/run.ts'
import type { Wish } from '../model/wish.ts'
import type { Estimate } from '../policy/estimation/least-squares.ts'
import type { Intervals } from './intervals.ts'
import type { ItemStates } from './items.ts'
import type { Turns } from './turns.ts'

/** What is known of a stage: its items by state, what is ready of it, and what was learnt of its times. */
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
