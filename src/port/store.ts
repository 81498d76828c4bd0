import type { Failure } from '../model/failure.ts'
import type { HistoryBatch, ResultState, SpooledItem } from './journal.ts'

export type { SpooledItem } from './journal.ts'

/** Reads of what the journal's transactions committed, and the small documents around a run. */
export interface Store {
  /** The final answer of one item, or `undefined` while it has none. The newest wins. */
  result(run: string, stage: string, index: number): StoredResult | undefined
  /** Every final answer of a stage in item order, each index once (the newest), in bounded memory. */
  results(
    run: string,
    stage: string,
    options?: { readonly from?: number; readonly states?: readonly ResultState[] },
  ): IterableIterator<StoredResult>
  /** Key, version, index and state of every answered item, without payloads: what a later run may keep. */
  answered(
    run: string,
    stage: string,
  ): IterableIterator<{
    readonly index: number
    readonly key: string
    readonly version: string
    readonly state: ResultState
  }>
  counts(run: string, stage: string): Readonly<Record<ResultState, number>>
  history(run: string): IterableIterator<HistoryBatch>
  /** Appends captured output of an attempt; not durable before the next commit, size-limited by the caller. */
  log(lines: readonly LogLine[]): void
  logs(
    run: string,
    options?: { readonly index?: number; readonly stage?: string; readonly after?: number },
  ): IterableIterator<LogLine & { readonly id: number }>
  putRun(run: RunRecord): void
  run(name: string): RunRecord | undefined
  runs(): RunRecord[]
  /** Small named documents, such as learnt estimates; one named `what:RUN` is of that run and goes with it. */
  put(name: string, text: string): void
  get(name: string): string | undefined
  /** Spools items (stdin, pushes) durably; index order is push order. */
  spool(run: string, first: number, items: readonly SpooledItem[]): void
  /** Up to `limit` items; fewer, but one at least, once their payloads are `enough` characters together. */
  spooled(run: string, from: number, limit: number, enough?: number): SpooledItem[]
  /** From here on they are no runs any more, whatever dies; what they stored takes room until it is freed. */
  removeRuns(names: readonly string[]): void
  /** Those of which something is left to free. */
  removedRuns(): string[]
  /** Frees what removed runs stored, a slice of a few milliseconds before each value. */
  freeRemoved(): IterableIterator<void>
}

export type StoredResult = {
  readonly index: number
  readonly key: string
  readonly version: string
  readonly state: ResultState
  /** JSON text: the result, or the `Failure`. */
  readonly payload: string
}

/** Why an item that was stored without a result has none. */
export const failureIn = ({ payload }: Pick<StoredResult, 'payload'>): Failure =>
  JSON.parse(payload)

export type LogLine = {
  readonly run: string
  readonly stage: string
  readonly index: number
  /** As `ctx.attempt`: 1 for the first that counts. */
  readonly attempt: number
  /** Micros since the epoch. */
  readonly at: number
  /** `dray`: ours, about an attempt that failed. */
  readonly stream: 'stdout' | 'stderr' | 'log' | 'dray'
  readonly text: string
}

/** What must be known about a run before its journal is read: identity, and what it was made from. */
export type RunRecord = {
  readonly name: string
  readonly job: string
  readonly state: 'active' | 'done' | 'failed' | 'cancelled' | 'interrupted'
  readonly createdAt: number
  readonly endedAt: number | undefined
  /** The job as JSON text. */
  readonly definition: string
  /** Fingerprint of the input, and of each stage's code, `loads`, params and `returns`. */
  readonly inputFingerprint: string | undefined
  readonly stageFingerprints: Readonly<Record<string, string>>
  /** The run this one continues after a change, whose results may be kept. */
  readonly previous: string | undefined
}
