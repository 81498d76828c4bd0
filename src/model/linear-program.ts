/** Minimise `cost` x, with bounds on columns and on rows; columns and rows are numbered. */
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
