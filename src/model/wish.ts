import type { Micros } from '../std/time.ts'

/** What an item brings for itself, beside what its job says of all: orders and plans look at it. */
export type Wish = {
  /** Added to the run's; 0 where it brings none. */
  readonly priority: number
  /** Absolute; 0: at once. */
  readonly notBefore: Micros
  /** Absolute, in place of the run's own. */
  readonly due?: Micros
  /** 1 where it brings none. */
  readonly weight?: number
}

/** The fields of an item that hold them. */
export type WishFields = {
  readonly release?: string
  readonly due?: string
  readonly weight?: string
  readonly priority?: string
}
