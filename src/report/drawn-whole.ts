/**
 * Up to here lengths are drawn whole: all there is, but an outlier must not squeeze the others. What is more
 * than four times the least is cut there, and says so.
 */
export function drawnWhole(values: readonly number[]): number {
  const most = values.reduce((a, b) => Math.max(a, b), 0)
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  return least > 0 ? Math.min(most, 4 * least) : most
}
