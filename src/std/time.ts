/**
 * Time is an integer count of microseconds. The core compares and adds instants; nothing rounds,
 * so the same events give the same schedule on every machine. 2^53 microseconds are 285 years.
 */
export type Micros = number

export const MILLISECOND: Micros = 1_000
export const SECOND: Micros = 1_000_000
export const MINUTE: Micros = 60 * SECOND
export const HOUR: Micros = 60 * MINUTE
export const DAY: Micros = 24 * HOUR

/** An instant that never comes. Kept out of arithmetic: compare with it, never add to it. */
export const NEVER: Micros = Number.MAX_SAFE_INTEGER
