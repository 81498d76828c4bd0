import { format } from 'node:util'
import type { AbortReason, Answer, BatchContext } from '../../../model/handler.ts'
import { checkpointAt } from './checkpoint.ts'
import type { MessageHeader, StageDefinition } from '../protocol.ts'
import { worded } from './worded.ts'

/** What a context asks of the slot it lives in. */
export type ContextHost = {
  readonly wrote: (stream: 'log', text: string) => void
  readonly progress: (context: ItemContext, fraction: number) => void
}

export type ItemPlace = { readonly seq: number; readonly key: string; readonly index: number }

/** The place of the item at position `at` of a message. */
export function placeOf(header: MessageHeader, at: number): ItemPlace {
  const index = typeof header.index === 'number' ? header.index + at : header.index[at]
  return { seq: header.first + at, index, key: header.keys?.[at] ?? String(index) }
}

/**
 * The `ctx` of one item. A class for speed: one is made per item, so what few handlers use (signal,
 * checkpoint, ...) is a getter that makes it when asked. Getters answer closures, so that
 * `(item, { log, signal }) => ...` works too.
 */
export class ItemContext implements BatchContext {
  readonly key: string
  readonly index: number
  readonly attempt: number
  readonly loaded: unknown
  readonly params: Readonly<Record<string, unknown>>
  readonly #host: ContextHost
  readonly #stage: StageDefinition
  readonly #places: readonly ItemPlace[] | undefined
  #abort: AbortController | undefined
  #usedCheckpoint = false

  constructor(
    host: ContextHost,
    stage: StageDefinition,
    loaded: unknown,
    attempt: number,
    place: ItemPlace,
    places?: readonly ItemPlace[],
  ) {
    this.#host = host
    this.#stage = stage
    this.#places = places
    this.loaded = loaded
    this.params = stage.params
    this.attempt = attempt
    this.key = place.key
    this.index = place.index
  }

  static abort(context: ItemContext, reason: AbortReason): void {
    context.#abort ??= new AbortController()
    context.#abort.abort(reason)
  }

  static isAborted(context: ItemContext): boolean {
    return context.#abort?.signal.aborted === true
  }

  /** After success the item needs its checkpoint no more. */
  static dropCheckpoint(context: ItemContext): void {
    if (context.#usedCheckpoint)
      checkpointAt(context.#stage.checkpoints, context.idempotencyKey, context.log).drop()
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  get idempotencyKey(): string {
    return `${this.#stage.run}/${this.#stage.name}/${this.key}`
  }

  get log(): (...values: unknown[]) => void {
    return (...values) => this.#host.wrote('log', `${format(...values)}\n`)
  }

  get progress(): (fraction: number) => void {
    return fraction => this.#host.progress(this, fraction)
  }

  get report(): (name: string, value: number) => void {
    return (name, value) => this.#host.wrote('log', `${name} = ${value}\n`)
  }

  get checkpoint() {
    this.#usedCheckpoint = true
    return checkpointAt(this.#stage.checkpoints, this.idempotencyKey, this.log)
  }

  get failed(): (reason: string, options?: { readonly code?: string }) => Answer {
    return (reason, options) => {
      const code = options?.code
      const why = reason === undefined ? 'the handler gave no reason' : worded(reason)
      return asAnswer(new FailedAnswer(why, code === undefined ? code : String(code)))
    }
  }

  get stop(): (result?: unknown) => Answer {
    return result => asAnswer(new StoppedAnswer(result))
  }

  get keys(): readonly string[] {
    return this.#places?.map(place => place.key) ?? [this.key]
  }

  get indexes(): readonly number[] {
    return this.#places?.map(place => place.index) ?? [this.index]
  }
}

export class FailedAnswer {
  readonly reason: string
  readonly code: string | undefined

  constructor(reason: string, code: string | undefined) {
    this.reason = reason
    this.code = code
  }

  /** Within a result it would pass for a part of that. */
  toJSON(): never {
    throw new Error('ctx.failed(...) is an answer by itself, not a part of a result')
  }
}

export class StoppedAnswer {
  readonly result: unknown

  constructor(result: unknown) {
    this.result = result
  }

  toJSON(): never {
    throw new Error('ctx.stop(...) is an answer by itself, not a part of a result')
  }
}

/** Opaque to the author of a handler. */
function asAnswer(answer: FailedAnswer | StoppedAnswer): Answer {
  return answer as unknown as Answer
}
