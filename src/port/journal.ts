/**
 * The durable truth of one directory. The loop appends one entry per step; when `append` returns, the
 * entry and every result in it are on disk (one transaction, one fsync). A throw stops the node:
 * memory is then ahead of the disk.
 */
export interface Journal {
  /** Entries after the last snapshot, in order, and the snapshot. Refuses a gap or a bad checksum, naming the row. */
  load(): {
    readonly snapshot: Snapshot | undefined
    readonly entries: Iterable<Entry>
    /** The last entry whose history of a stage is written: what later ones tell of it is to be recalled. */
    readonly historyTo: (run: string, stage: string) => number
  }
  /** History that loaded entries tell beyond `historyTo`: from now on as if they had just been appended. */
  recall(history: readonly HistoryBatch[]): void
  append(
    entry: Entry & {
      /** `history` can be told from the entry alone (`driver/history.ts`): it may be written some commits later. */
      readonly tellsHistory?: boolean
    },
    results: readonly ResultBatch[],
    history: readonly HistoryBatch[],
    /** Pushed items that the entry makes known. */
    spooled?: readonly SpoolBatch[],
  ): void
  /** Commits a snapshot at `sequence` and drops earlier entries. */
  snapshot(snapshot: Snapshot): void
  /** Bytes of entries since the last snapshot. */
  bytesSinceSnapshot(): number
  /** Bytes of the last snapshot; 0 where there is none. */
  snapshotBytes(): number
  close(): void
}

export type Entry = {
  /** 1, 2, 3, ... without gaps, across restarts. */
  readonly sequence: number
  readonly term: number
  /** Events and decisions, columnar, as JSON text. */
  readonly body: string
}

/** Items pushed to a run, from number `first` on. */
export type SpoolBatch = {
  readonly run: string
  readonly first: number
  readonly items: readonly SpooledItem[]
}

export type SpooledItem = {
  readonly key: string
  readonly payload: string
  readonly priority?: number
  readonly notBefore?: number
}

export type Snapshot = { readonly sequence: number; readonly term: number; readonly body: string }

/** Final answers of items of one stage, in commit order; one row. Parallel arrays. */
export type ResultBatch = {
  readonly run: string
  readonly stage: string
  readonly indexes: readonly number[]
  readonly keys: readonly string[]
  readonly versions: readonly string[]
  /** `done`, `stopped`: JSON text of the result; `failed`, `skipped`, `cancelled`: JSON text of the Failure. */
  readonly states: readonly ResultState[]
  readonly payloads: readonly string[]
}

export type ResultState = 'done' | 'stopped' | 'failed' | 'skipped' | 'cancelled'

/**
 * What ran where and when, by step and stage. Parallel arrays; micros since the epoch.
 * Successful attempts under a millisecond that followed each other in one slot are one entry: `counts`
 * says how many, `attempts` and `indexes` name the first.
 */
export type HistoryBatch = {
  readonly run: string
  readonly stage: string
  readonly attempts: readonly number[]
  readonly indexes: readonly number[]
  readonly counts: readonly number[]
  readonly machines: readonly string[]
  readonly slots: readonly number[]
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly cpuMicros: readonly number[]
  readonly peakBytes: readonly number[]
  readonly sizes: readonly number[]
  /** `done`, or the failure kind. */
  readonly outcomes: readonly string[]
}
