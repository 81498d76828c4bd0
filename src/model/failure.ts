/**
 * Why an attempt, and in the end an item, failed. Expected failures are values: they are journalled,
 * counted, shown by `why`, and matched by a stage's retry rule.
 */
export const FAILURE_KINDS = [
  'error', // the handler threw, or answered ctx.failed
  'bad-input', // the item itself cannot be read; retrying cannot help
  'bad-result', // breaks `returns`, does not serialise, or exceeds the size limit
  'timeout',
  'out-of-memory',
  'crash', // the slot's process died under it
  'lost', // the machine or the loop went away while it ran
  'upstream', // what it depends on failed
  'cancelled',
] as const

export type FailureKind = (typeof FAILURE_KINDS)[number]

export type Failure = {
  readonly kind: FailureKind
  /** The error's own name or code as the handler threw it (`RateLimitError`, `ENOENT`), to match retry rules. */
  readonly code?: string
  /** One line for people. */
  readonly message: string
  /** Where: a file and line, a JSON path, a stack; size-limited. */
  readonly detail?: string
}

/** Code of an `out-of-memory` that is the whole box's: the slot that the system ended held little of it. */
export const MEMORY_OF_BOX = 'BOX'
