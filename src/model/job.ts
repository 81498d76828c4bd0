import type { Micros } from '../std/time.ts'
import type { WishFields } from './wish.ts'

/**
 * A job after parsing: every default filled in, every quantity a number, every path absolute.
 * `input/job-file` makes it from what the user wrote; nothing further in parses or guesses.
 */
export type Job = {
  readonly name: string
  /** The folder of the job file: what relative paths were resolved against. */
  readonly folder: string
  readonly params: Readonly<Record<string, unknown>>
  readonly input: InputSpec
  readonly stages: readonly StageSpec[]
  /** The run fails once more items failed than `count`, or than `share` of all items. */
  readonly tolerate: { readonly count: number; readonly share: number }
  readonly objective: Objective
  /** Due this long after submission. */
  readonly due: Micros | undefined
  readonly priority: number
  /** Fields of its items that hold what each brings for itself. */
  readonly wishes?: WishFields
  readonly strategy: string
  /** `undefined`: fifo, or priority where a priority is given. */
  readonly order: string | undefined
  /** Whose share of the machines it uses, under the order `fair`; `default` when absent. */
  readonly tenant?: string
  /** The weight of that share; 1 when absent. */
  readonly share?: number
}

export type Objective = 'makespan' | 'mean-flow-time' | 'weighted-tardiness' | 'cost'

export type InputSpec =
  | { readonly kind: 'files'; readonly patterns: readonly string[] }
  | { readonly kind: 'jsonl'; readonly path: string; readonly key: string | undefined }
  | {
      readonly kind: 'csv'
      readonly path: string
      readonly key: string | undefined
      /** Between fields; when absent the header tells. */
      readonly delimiter?: string
    }
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'items'; readonly items: readonly unknown[]; readonly key: string | undefined }
  | { readonly kind: 'stdin'; readonly format: 'lines' | 'jsonl'; readonly key: string | undefined }
  | {
      readonly kind: 'module'
      readonly path: string
      readonly key: string | undefined
      readonly version: string | undefined
    }
  | { readonly kind: 'grid'; readonly axes: Readonly<Record<string, readonly unknown[]>> }
  | { readonly kind: 'open' }

export type StageSpec = {
  readonly name: string
  readonly kind: 'map' | 'reduce' | 'single'
  /** Absolute path of the handler module. */
  readonly module: string
  /** Names of the stages this one follows; empty: it reads the job's input. */
  readonly after: readonly string[]
  /** What one running task of this stage holds. `cpu` in cores, `memory` in bytes, others as named. */
  readonly needs: Readonly<Record<string, number>>
  readonly loads: { readonly name: string; readonly memory: number } | undefined
  readonly chunk: ChunkSpec
  /** What an item's size is: its bytes, a numeric field, or 1 for every item. */
  readonly size:
    | { readonly kind: 'bytes' }
    | { readonly kind: 'field'; readonly field: string }
    | { readonly kind: 'one' }
  /** Counted from the task's own start; `undefined`: none. */
  readonly timeout: Micros | undefined
  /** For importing the handler and its `setup`, in each slot; `undefined`: the core's own bound. */
  readonly setupTimeout?: Micros
  /** Between asking an attempt to stop and killing its slot. */
  readonly grace: Micros
  readonly retry: RetrySpec
  /** JSON Schema each result must meet. */
  readonly returns: unknown
  readonly isolation: 'process' | 'thread'
  readonly gather: { readonly kind: 'all' } | { readonly kind: 'tree'; readonly fanIn: number }
  /** Reduce per value of this field of the upstream result. */
  readonly by: string | undefined
  /** Names of the environment variables the handler gets, beside PATH and the locale. */
  readonly env: readonly string[]
  readonly output: OutputSpec | undefined
}

export type ChunkSpec =
  | { readonly kind: 'auto' }
  | { readonly kind: 'fixed'; readonly items: number }
  | { readonly kind: 'whole' }

export type RetrySpec = {
  /** All attempts, the first included. */
  readonly attempts: number
  /** First delay; doubles with each retry up to `maxDelay`, with full jitter (seeded). */
  readonly delay: Micros
  readonly maxDelay: Micros
  /** Failure kinds or error codes that are not retried. */
  readonly never: readonly string[]
  /** Multiplies a need on the next attempt, per failure kind or code. */
  readonly on: Readonly<Record<string, { readonly memory: number }>>
}

export type OutputSpec =
  | { readonly kind: 'jsonl'; readonly path: string }
  | { readonly kind: 'csv'; readonly path: string }
  /** One file an item; `{key}` and `{index}` in the template. */
  | { readonly kind: 'each'; readonly template: string }

/** The order where none is asked for: with equal priorities fifo; a pushed item with a priority of its own needs it. */
export const usualOrder = 'priority'
