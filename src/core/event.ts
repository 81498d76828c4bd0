import type { Failure } from '../model/failure.ts'
import type { MachineDefinition, RunDefinition } from '../model/run.ts'
import type { Wish } from '../model/wish.ts'
import type { Hindsight } from '../policy/estimation/hindsight.ts'
import type { Micros } from '../std/time.ts'

/**
 * The core's three words. An Event happened outside; a Decision is our choice; an Action is for the
 * driver to do. Events and decisions are journalled and replayed; actions are derived from them.
 * Stages, machines, slots and tasks are the state's dense numbers; whatever comes by the thousand is
 * in parallel arrays.
 */
export type Event =
  /** A new loop owns this directory: whatever was in flight is lost. */
  | { readonly kind: 'term'; readonly term: number }
  | { readonly kind: 'joined'; readonly machine: MachineDefinition }
  | { readonly kind: 'left'; readonly machine: number; readonly reason: string }
  | { readonly kind: 'submit'; readonly run: RunDefinition }
  | SourceRead
  | Outcomes
  | {
      readonly kind: 'loaded'
      readonly machine: number
      readonly slot: number
      readonly stage: number
      readonly micros: Micros
      readonly bytes: number
      /** The handler gives back what it loaded when asked (a teardown); else only its slot's end does. */
      readonly frees?: boolean
    }
  | {
      readonly kind: 'slotEnded'
      readonly machine: number
      readonly slot: number
      readonly failure: Failure
      readonly peakBytes?: number
    }
  | GivenBack
  | {
      readonly kind: 'stageBroken'
      readonly stage: number
      readonly failure: Failure
      /** The stage's input could not be read or gathered: no answer to that request is under way any more. */
      readonly reading?: true
    }
  | { readonly kind: 'pressure'; readonly machine: number; readonly high: boolean }
  | { readonly kind: 'cancel'; readonly run: number }
  /** Start nothing more (of any run); what runs may end, what waits in slots is asked back. `resume` ends that. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'resume' }
  /** One run rests: nothing of it starts until it goes on. */
  | { readonly kind: 'pause'; readonly run: number }
  | { readonly kind: 'goOn'; readonly run: number }
  /** The same stages under other policies (timeouts, needs, retries, order, ...): nothing runs again for it. */
  | { readonly kind: 'redefine'; readonly run: number; readonly definition: RunDefinition }
  /** Failed, skipped and cancelled items of an ended run become open again. */
  | { readonly kind: 'retryFailed'; readonly run: number }
  /** The run's outputs are written (or could not be). */
  | { readonly kind: 'finished'; readonly run: number; readonly problem: string | undefined }
  /** A planner's assignment for the open items of a stage. */
  | {
      readonly kind: 'plan'
      readonly stage: number
      readonly strategy: string
      readonly seed: number
      readonly steps: number
      readonly items: readonly number[]
      readonly machines: readonly number[]
      readonly ranks: readonly number[]
      /** For people: why this and no other. */
      readonly why?: string
    }
  /** What earlier runs learnt of a stage's times on a machine. */
  | {
      readonly kind: 'learnt'
      readonly stage: number
      readonly machine: number
      readonly estimate: readonly number[]
    }
  /** How forecasts of the job's earlier runs came out. What was foretold of this one so far is not judged. */
  | { readonly kind: 'hindsight'; readonly run: number; readonly hindsight: Hindsight }
  /** What was foretold of a run's end as it passed a mark of progress, to be judged when it has ended. */
  | ({ readonly kind: 'foretold'; readonly run: number } & Foretold)
  | { readonly kind: 'forget'; readonly run: number }

/** Micros that a run had left at an instant, as a range. */
export type Foretold = {
  /** Which of `MARKS` it had passed. */
  readonly mark: number
  readonly at: Micros
  readonly low: number
  readonly expected: number
  readonly high: number
}

export type SourceRead = {
  readonly kind: 'read'
  readonly stage: number
  readonly first: number
  readonly count: number
  /** Where the next read continues. */
  readonly cursor: string
  readonly done: boolean
  /** Sizes of the items read; absent: all 1. */
  readonly sizes?: readonly number[]
  /** Items that cannot be read, with what the source says of them. */
  readonly problems?: readonly { readonly index: number; readonly failure: Failure }[]
  /** Items already answered by the run this one continues: ascending, by stage, upstream first. */
  readonly kept?: readonly KeptItems[]
  /** Items with a priority, an earliest start, a due date or a weight of their own. */
  readonly wishes?: readonly ({ readonly index: number } & Wish)[]
}

export type KeptItems = {
  readonly stage: number
  readonly items: readonly number[]
  /** Those of them that had ended early; absent: none. */
  readonly stopped?: readonly number[]
}

/** How an answer ended, in an `outcomes` event. Journals hold these numbers. */
export const answered = { done: 0, failed: 1, stopped: 2 } as const

/** Answers of one slot, in parallel arrays. */
export type Outcomes = {
  readonly kind: 'outcomes'
  readonly machine: number
  readonly slot: number
  readonly tasks: readonly number[]
  readonly attempts: readonly number[]
  readonly indexes: readonly number[]
  /** As `answered` has them. */
  readonly codes: readonly number[]
  readonly micros: readonly number[]
  readonly peakBytes: number
  /** One per answer that failed, in order. */
  readonly failures: readonly Failure[]
  /** Slots of an earlier life of the loop had worked them out. */
  readonly saved?: true
  /** What follows these answers, item by item, and holds from an earlier run: by stage, upstream first. */
  readonly kept?: readonly {
    readonly stage: number
    readonly positions: readonly number[]
    readonly codes: readonly number[]
  }[]
}

/** What a slot had been given of these attempts, from one item on, never began there, and will not. */
export type GivenBack = {
  readonly kind: 'givenBack'
  readonly machine: number
  readonly slot: number
  readonly tasks: readonly number[]
  readonly attempts: readonly number[]
  /** The first item of each that comes back; absent: the first that has no answer. */
  readonly firsts?: readonly number[]
}

export type Decision =
  /** Cut `counts.length` tasks from the ready items of a stage; absent counts: `tasks` tasks of one item. */
  | {
      readonly kind: 'cut'
      readonly stage: number
      readonly first: number
      readonly tasks: number
      readonly counts?: readonly number[]
    }
  | {
      readonly kind: 'assign'
      readonly tasks: readonly number[]
      readonly machines: readonly number[]
    }
  | {
      readonly kind: 'start'
      readonly machine: number
      readonly slot: number
      readonly firstAttempt: number
      readonly tasks: readonly number[]
    }
  | {
      readonly kind: 'retry'
      readonly stage: number
      readonly index: number
      readonly tries: number
      readonly at: Micros
      readonly memoryScale: number
      readonly priority?: number
      /** For people: what the attempt before failed of. */
      readonly failure?: Failure
    }
  | {
      readonly kind: 'fail'
      readonly stage: number
      readonly index: number
      /** Of its last attempt; absent in journals of before. */
      readonly tries?: number
      readonly failure: Failure
    }
  /** Ask the attempt to stop (`abort`), or end its slot (`kill`); `failure` is what it is charged with. */
  | {
      readonly kind: 'stop'
      readonly machine: number
      readonly slot: number
      readonly how: 'abort' | 'kill'
      readonly failure: Failure
    }
  /** An idle slot drops what it loaded for a stage; -1: everything, by being replaced. */
  | {
      readonly kind: 'unload'
      readonly machine: number
      readonly slot: number
      readonly stage: number
    }
  /** A slot begins nothing more of what it was given, and gets no more before what runs there has ended. */
  | { readonly kind: 'takeBack'; readonly machine: number; readonly slot: number }
  | { readonly kind: 'reading'; readonly stage: number }
  | { readonly kind: 'gathering'; readonly stage: number }
  /** A further level of a tree stage. */
  | { readonly kind: 'grow'; readonly stage: number }
  /** What a stage needs will never come: its open items are skipped. */
  | { readonly kind: 'skip'; readonly stage: number; readonly failure: Failure }
  /** Start nothing more of the run; what runs may end, what waits in slots is asked back. */
  | { readonly kind: 'giveUp'; readonly run: number; readonly failure: Failure }
  | { readonly kind: 'finish'; readonly run: number }

export type Action =
  | {
      readonly kind: 'readSource'
      readonly stage: number
      readonly cursor: string | undefined
      readonly limit: number
    }
  | { readonly kind: 'gather'; readonly stage: number }
  | {
      readonly kind: 'run'
      readonly machine: number
      readonly slot: number
      readonly stage: number
      readonly firstAttempt: number
      readonly tasks: readonly number[]
    }
  | {
      readonly kind: 'abort'
      readonly machine: number
      readonly slot: number
      readonly attempt: number
      readonly failure: Failure
    }
  | { readonly kind: 'kill'; readonly machine: number; readonly slot: number }
  /** The slot begins nothing more of what it was given; `givenBack` says what that is. */
  | { readonly kind: 'takeBack'; readonly machine: number; readonly slot: number }
  | {
      readonly kind: 'unload'
      readonly machine: number
      readonly slot: number
      readonly stage: number
    }
  /** Every item of the run has ended: write its outputs, then say `finished`. */
  | { readonly kind: 'finish'; readonly run: number }
  | { readonly kind: 'ended'; readonly run: number }

/** Answers an item got in this step, to be stored in the same transaction. Parallel arrays. */
export type Kept = {
  readonly stage: number
  readonly indexes: number[]
  /** Position in the outcomes event of this step that carries the result; -1: the failure is here. */
  readonly positions: number[]
  readonly events: number[]
  readonly states: ('done' | 'stopped' | 'failed' | 'skipped' | 'cancelled')[]
  readonly failures: (Failure | undefined)[]
}
