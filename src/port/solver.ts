/**
 * A solver of linear and mixed-integer programs, elsewhere: minimise cost x, with bounds on columns
 * and rows. Nothing it says is trusted: a caller recomputes loads from the values and bounds from the
 * duals. Every call ends within its time limit (and a moment), a crash included.
 */
export type Solver = {
  readonly solve: (program: LinearProgram, options: SolveOptions) => Promise<Solved>
  readonly close: () => Promise<void>
}

export type LinearProgram = {
  readonly cost: Float64Array
  readonly lower: Float64Array
  readonly upper: Float64Array
  readonly rowLower: Float64Array
  readonly rowUpper: Float64Array
  /** The matrix by columns: column `c` owns entries `first[c]..first[c + 1]`. */
  readonly first: Int32Array
  readonly row: Int32Array
  readonly value: Float64Array
  /** 1 where the column must be a whole number; all continuous when left out. */
  readonly integer?: Uint8Array
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
