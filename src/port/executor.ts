import type { Failure } from '../model/failure.ts'
import type { Micros } from '../std/time.ts'

/**
 * Runs attempts on slots and says what became of them. It decides nothing: which slot, how many, how
 * long and when to kill come from the core. Replies may come late or twice; the core fences them.
 */
export interface Executor {
  /** Hands over the code of a stage before its first attempt. `stage` is the core's dense number. */
  define(stage: number, code: StageCode): void
  /** Forgets a stage whose run has ended; its modules may be dropped. */
  forget(stage: number): void
  /** Appends one message of attempts of one stage to a slot's queue, in order. Opens the slot if needed. */
  run(slot: SlotAddress, stage: number, attempts: readonly AttemptOrder[]): void
  /** Asks a running attempt to stop (`ctx.signal` aborts, saying why); a queued one is dropped. It still answers, or dies. */
  abort(slot: SlotAddress, attempt: number, why: Failure): void
  /**
   * Begins nothing more of what the slot was given so far: `givenBack` tells what had not begun, if anything, at once
   * or, where what runs does not let its slot listen, when that has ended. What is sent later runs.
   */
  takeBack(slot: SlotAddress): void
  /** Ends the slot's process (or thread) at once; `slotEnded` follows, and the next `run` opens a new one. */
  kill(slot: SlotAddress): void
  /** An idle slot drops what it loaded for a stage, to make room: the handler's teardown gives it back. */
  unload(slot: SlotAddress, stage: number): void
  /** Ends an idle slot in peace, with all it loaded; no `slotEnded` follows, the next `run` opens a new one. */
  replace(slot: SlotAddress): void
  /** Ends every slot within the grace, killing what remains. */
  close(grace: Micros): Promise<void>
}

export type SlotAddress = { readonly machine: number; readonly slot: number }

export type StageCode = {
  readonly run: string
  readonly name: string
  readonly kind: 'map' | 'reduce' | 'single'
  /** Its items are paths of files: how each answers for its content is told with the answer. */
  readonly takesFiles: boolean
  readonly module: string
  /** Of its code with local imports; a module of another version than before is not the one that slots remember. */
  readonly version?: string | undefined
  readonly isolation: 'process' | 'thread'
  readonly loads: { readonly name: string; readonly memory: number } | undefined
  /** JSON Schema for results, or `undefined`. */
  readonly returns: unknown
  readonly params: Readonly<Record<string, unknown>>
  readonly env: readonly string[]
  /** Results whose JSON text is longer fail as `bad-result`. */
  readonly maxResultBytes: number
  /** What an item may take. Its answer must not be so long on its way that it seems to have taken more. */
  readonly timeout?: Micros | undefined
  /** Speed of each machine, indexed by machine (1, or the fastest beyond it, is full): slower slots sleep after each item to match. */
  readonly speeds: readonly number[]
}

export type AttemptOrder = {
  /** The core's dense task number and the fencing number; both are echoed in the answer. */
  readonly task: number
  readonly attempt: number
  /** 1 for the first attempt that counts. */
  readonly try: number
  /** Bytes its slot's process may hold while it runs; above it the process ends as `out-of-memory`. */
  readonly memoryLimit?: number
  readonly items: readonly AttemptItem[]
}

export type AttemptItem = {
  readonly index: number
  readonly key: string
  /** JSON text. For a reduce: `{"results":[...]}` or `{"file":"path of an NDJSON file"}`. */
  readonly payload: string
}

export type ExecutorEvent =
  | {
      readonly kind: 'outcomes'
      readonly slot: SlotAddress
      readonly outcomes: readonly Outcome[]
      /** An earlier life's slots had worked them out: this one need not even be set up. */
      readonly saved?: true
    }
  /** A stage's module was imported and its `setup` ran in this slot. */
  | {
      readonly kind: 'loaded'
      readonly slot: SlotAddress
      readonly stage: number
      readonly micros: Micros
      readonly bytes: number
      /** Its handler has a teardown. */
      readonly frees: boolean
    }
  /** A stage cannot run at all: module missing, no default export, setup threw. Not an item's fault. */
  | {
      readonly kind: 'stageBroken'
      readonly slot: SlotAddress
      readonly stage: number
      readonly failure: Failure
    }
  /** These attempts have not begun, from the item of this index on, and will not. */
  | {
      readonly kind: 'givenBack'
      readonly slot: SlotAddress
      readonly tasks: readonly number[]
      readonly attempts: readonly number[]
      readonly firsts: readonly number[]
    }
  | {
      readonly kind: 'slotEnded'
      readonly slot: SlotAddress
      readonly failure: Failure
      /** Resident memory when it was last looked at: what ended there has no answer to tell it. */
      readonly peakBytes?: number
    }
  | {
      readonly kind: 'log'
      readonly run: string
      readonly stage: string
      readonly attempt: number
      /** 1 for the first attempt that counts. */
      readonly try: number
      readonly index: number
      readonly stream: 'stdout' | 'stderr' | 'log'
      readonly text: string
    }
  | {
      readonly kind: 'progress'
      readonly attempt: number
      readonly task: number
      readonly fraction: number
    }
  | { readonly kind: 'pressure'; readonly machine: number; readonly high: boolean }

/** One item's answer. A task of many items answers each; the task ends with its last. */
export type Outcome = {
  readonly task: number
  readonly attempt: number
  readonly index: number
  /** JSON text, exactly as it will be stored. */
  readonly result?: string
  readonly failure?: Failure
  /** The handler stopped the item early, successfully (`ctx.stop()`). */
  readonly stopped?: boolean
  /** The version of the file the item names, with a hash of its content. */
  readonly content?: string
  /** Wall time of this item alone, throttling included. */
  readonly micros: Micros
  readonly cpuMicros: Micros
  /** Peak resident memory of the slot while the item ran. */
  readonly peakBytes: number
}
