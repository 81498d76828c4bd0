/** A time in which a run lay still, interrupted or ended, until it went on; micros since the epoch. */
export type Rest = { readonly from: number; readonly to: number }

/** Micros from `first` to an instant in which the run did not lie still; never falls as time goes on. */
export function atWorkSince(first: number, rests: readonly Rest[]): (at: number) => number {
  return at => {
    let micros = at - first
    for (const { from, to } of rests) {
      if (from >= at) break
      micros -= Math.max(0, Math.min(at, to) - Math.max(first, from))
    }
    return micros
  }
}
