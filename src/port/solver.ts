import type { LinearProgram } from '../model/linear-program.ts'

/**
 * A solver of linear and mixed-integer programs, elsewhere: minimise cost x, with bounds on columns
 * and rows. Nothing it says is trusted: a caller recomputes loads from the values and bounds from the
 * duals. Every call ends within its time limit (and a moment), a crash included.
 */
export type Solver = {
  readonly solve: (program: LinearProgram, options: SolveOptions) => Promise<Solved>
  readonly close: () => Promise<void>
}

export type SolveOptions = {
  readonly timeLimitMs: number
  readonly seed?: number
  /** A feasible point to start a mixed-integer search from. */
  readonly start?: Float64Array
  /** Stop when the best point is within this fraction of the solver's own bound. */
  readonly relativeGap?: number
}

export type Solved =
  /** `values` is optimal by the solver's own tolerances; `rowDuals` only without integer columns. */
  | { readonly kind: 'optimal'; readonly values: Float64Array; readonly rowDuals: Float64Array }
  /** Out of time; the best feasible point seen, if any. */
  | { readonly kind: 'limit'; readonly values: Float64Array | undefined }
  | { readonly kind: 'infeasible' }
  | { readonly kind: 'failed'; readonly reason: string }
