/**
 * Where a stage's items come from, read in order a window at a time. A source never holds the whole
 * input: `read` continues from an opaque cursor, and reading again from an old cursor gives the same
 * items with the same keys (that is what makes a restart possible).
 */
export interface Source {
  /**
   * Equal fingerprints mean the same items in the same order with the same content. A file's is made
   * of path, size and mtime (files: of every file); a range's of its ends. `undefined`: cannot be
   * known without reading everything.
   */
  fingerprint(): Promise<string | undefined>
  /** Number of items where it is known without reading everything. */
  count(): Promise<number | undefined>
  /**
   * Up to `limit` items after `cursor` (`undefined`: from the start), fewer where they are large. Never
   * throws for one bad item.
   */
  read(cursor: string | undefined, limit: number): Promise<SourceChunk>
  close(): Promise<void>
}

export type SourceChunk = {
  readonly items: readonly SourceItem[]
  /** Where the next read continues. */
  readonly cursor: string
  /** No item follows. */
  readonly done: boolean
}

export type SourceItem = {
  /** The named field, else the path, else the index: unique within the input. */
  readonly key: string
  /** The item as JSON text; `null` text for a problem. */
  readonly payload: string
  /** Changes when the content under the same key changes: mtime and size, or a content hash. */
  readonly version: string
  /** By the stage's `size`; 1 when not asked for. */
  readonly size: number
  /** An item that cannot be read: where and what was expected. It fails as `bad-input`, the rest go on. */
  readonly problem?: string
  readonly priority?: number
  /** Micros since the epoch before which the item must not start. */
  readonly notBefore?: number
  /** Micros since the epoch, in place of the run's own due date. */
  readonly due?: number
  readonly weight?: number
}
