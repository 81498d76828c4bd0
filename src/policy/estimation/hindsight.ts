/**
 * What the ends of a job's earlier runs, beside what had been foretold of them, make of the next run's range.
 * Where in its range the truth lay is where it will lie again: conformal prediction (Vovk, Gammerman and Shafer
 * 2005; Lei et al. 2018) reads the next range off at the ranks of such places. The instants of one run err alike,
 * so that a run is hardly more than one place, and ranks of a handful say nothing. So places are taken to be normally
 * distributed, and the range as it is played out counts as `PRIOR` runs: what comes is then Student's t of the
 * normal-inverse-gamma model. The range moves to where ends lay, since inputs come in the same order each time,
 * the sooner the less they strayed (James and Stein 1961), and is as wide as they strayed around there: narrower where
 * runs are alike, wider where they are not.
 *
 * Three numbers for each mark of progress: how many runs, the sum of their places and that of the squares.
 * Empty: no run has been judged yet.
 */
export type Hindsight = readonly number[]

/** Shares of a run's work; as it passes one, what is foretold of its end is noted. */
export const MARKS: readonly number[] = [0.1, 0.25, 0.5, 0.75, 0.9]

/** Eight times in ten between `low` and `high`. */
type Range = { readonly low: number; readonly expected: number; readonly high: number }

/** Where the truth lies in a range: 0 as expected, -1 at the low end, 1 at the high one. */
export function placeOf(range: Range, truth: number): number {
  const off = truth - range.expected
  const half = off < 0 ? range.expected - range.low : range.high - range.expected
  const place = off / Math.max(1, range.expected / 50, half)
  return Math.max(-FARTHEST, Math.min(FARTHEST, place))
}

/** A run that was held up for an hour is not to have the later ones' ranges say nothing. */
const FARTHEST = 4

/** What is known after one run more, of its place at each mark; `undefined` where nothing was foretold. */
export function hindsightWith(
  before: Hindsight,
  places: readonly (number | undefined)[],
): number[] {
  return MARKS.flatMap((_, mark) => {
    const { runs, sum, squares } = seenAt(before, mark)
    const kept = [KEPT * runs, KEPT * sum, KEPT * squares]
    const place = places[mark]
    const added = place === undefined ? [0, 0, 0] : [1, place, place * place]
    return kept.map((value, at) => value + added[at])
  })
}

const seenAt = (hindsight: Hindsight, mark: number) => {
  const [runs = 0, sum = 0, squares = 0] = hindsight.slice(3 * mark)
  return { runs, sum, squares }
}

/** Of what a run counts for after each further one, for boxes change: all together count as four at most. */
const KEPT = 0.75

/** A range made with so much of the run's work done, 0 to 1, as earlier runs have it. */
export function inHindsight<Told extends Range>(
  hindsight: Hindsight,
  share: number,
  told: Told,
): Told {
  if (hindsight.length === 0) return told
  const { middle, reach } = learntAt(hindsight, share)
  const { low, expected, high } = told
  const at = (place: number): number =>
    Math.max(0, expected + place * (place < 0 ? expected - low : high - expected))
  return { ...told, low: at(middle - reach), expected: at(middle), high: at(middle + reach) }
}

/** Places between which the truth lies eight times in ten: `reach` to either side of the middle. */
type Learnt = { readonly middle: number; readonly reach: number }

/** Between two marks by the distance to either; before the first and after the last as there. */
function learntAt(hindsight: Hindsight, share: number): Learnt {
  const next = MARKS.findIndex(at => at > share)
  if (next === 0) return learntOf(seenAt(hindsight, 0))
  if (next < 0) return learntOf(seenAt(hindsight, MARKS.length - 1))
  const [before, after] = [next - 1, next].map(mark => learntOf(seenAt(hindsight, mark)))
  const on = (share - MARKS[next - 1]) / (MARKS[next] - MARKS[next - 1])
  return {
    middle: before.middle + on * (after.middle - before.middle),
    reach: before.reach + on * (after.reach - before.reach),
  }
}

function learntOf({ runs, sum, squares }: ReturnType<typeof seenAt>): Learnt {
  const usual = 1 / ninthTenth(PRIOR) ** 2
  const within = runs === 0 ? 0 : Math.max(0, squares - sum ** 2 / runs)
  const varies = (PRIOR * usual + within) / (PRIOR + Math.max(0, runs - 1))
  const unmoved = (UNMOVED * varies) / usual
  const middle = sum / (runs + unmoved)
  const around = Math.max(0, squares - 2 * middle * sum + runs * middle ** 2)
  const variance = (PRIOR * usual + around) / (PRIOR + runs)
  const ofMean = (1 + 1 / (runs + unmoved)) / (1 + 1 / unmoved)
  return { middle, reach: ninthTenth(PRIOR + runs) * Math.sqrt(variance * ofMean) }
}

/**
 * Runs that the width of the range counts for as it is played out. It keeps a steady job's range from closing: however
 * many runs ended exactly as foretold, it stays more than a third as wide. This and the next were chosen on simulated kinds
 * of runs and recorded ones (docs/decisions/forecasts.md).
 */
const PRIOR = 2

/** Runs that its middle counts for, where ends stray as far as is assumed of none; more where they stray farther. */
const UNMOVED = 4

/** 90 % of Student's t with so many degrees of freedom lie below (Cornish and Fisher's expansion; exact to 2 % from 2 on). */
function ninthTenth(freedom: number): number {
  const z = 1.2816
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
}
