/**
 * What a handler module exports, as its author sees it. The default export handles ONE item;
 * `batch` may take many; `setup` loads once per slot what every item needs (a model, a connection).
 */
export type Handler<Item = unknown, Result = unknown, Loaded = unknown> = (
  item: Item,
  ctx: HandlerContext<Loaded>,
) => Result | Answer | Promise<Result | Answer>

/** Takes the items of one task. Must answer one entry per item, in order; `ctx.failed(reason)` fails that one. */
export type BatchHandler<Item = unknown, Result = unknown, Loaded = unknown> = (
  items: readonly Item[],
  ctx: BatchContext<Loaded>,
) => readonly (Result | Answer)[] | Promise<readonly (Result | Answer)[]>

/** Runs once per slot before its first item; what it returns (or resolves with) is `ctx.loaded`. */
export type Setup<Loaded = unknown> = (ctx: SetupContext) => Loaded | Promise<Loaded>

/** Runs when the slot drops what it loaded, or ends in peace; never after a kill. */
export type Teardown<Loaded = unknown> = (loaded: Loaded) => void | Promise<void>

export type SetupContext = {
  readonly params: Readonly<Record<string, unknown>>
  /** Arguments are formatted as `console.log` does. */
  readonly log: (...values: unknown[]) => void
}

export type HandlerContext<Loaded = unknown> = SetupContext & {
  /** What `setup` returned. */
  readonly loaded: Loaded
  /** Aborts when the attempt should stop; its `reason` is an `AbortReason`. After a grace the slot is killed. */
  readonly signal: Signal
  /** 1 for the first attempt that counts. */
  readonly attempt: number
  /** The same for every attempt of this item in this run: hand it to services that deduplicate. */
  readonly idempotencyKey: string
  readonly key: string
  readonly index: number
  /** 0 to 1, of this item. */
  readonly progress: (fraction: number) => void
  /** A named measurement of this item. */
  readonly report: (name: string, value: number) => void
  readonly checkpoint: Checkpoint
  /** `return ctx.failed('no text found', { code: 'EMPTY' })`: the item fails, without a stack. */
  readonly failed: (reason: string, options?: { readonly code?: string }) => Answer
  /** `return ctx.stop(result)`: the item ends early, successfully, with this result. */
  readonly stop: (result?: unknown) => Answer
}

export type BatchContext<Loaded = unknown> = HandlerContext<Loaded> & {
  readonly keys: readonly string[]
  readonly indexes: readonly number[]
}

/** A small file per item that outlives attempts and is removed when the item succeeds. JSON values. */
export type Checkpoint = {
  readonly save: (value: unknown) => Promise<void>
  readonly load: () => Promise<unknown>
}

/** What `ctx.failed` and `ctx.stop` return. Opaque: return it. */
export type Answer = { readonly [answerBrand]: true }

declare const answerBrand: unique symbol

/** Why an attempt should stop. Its `name` is `TimeoutError` or `AbortError`. */
export type AbortReason = Error & { readonly code: 'timeout' | 'cancelled' | 'shutdown' }

/** `AbortSignal` wherever the host has it; the pure rooms compile without a host. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer Host } }
  ? Host
  : { readonly aborted: boolean; readonly reason: unknown }
