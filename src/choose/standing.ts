import { compareScores, objectiveInWords, type Score } from './objective.ts'
import type { Objective } from '../model/job.ts'
import { meanOf, standardError } from './interval.ts'
import type { Proof } from './prove.ts'
import type { Way } from './realise.ts'

/**
 * What a run follows already goes on unless another is better by more than a small part of what is left
 * and by more than luck: among strategies that come to nearly the same, each look would otherwise choose
 * another, and nobody could say what the run follows.
 */
export type Standing = { readonly strategy: string; readonly order?: string }

type Candidate = { readonly name: string; readonly way: Way }

export function isStanding({ name, way }: Candidate, standing: Standing | undefined): boolean {
  if (standing === undefined) return false
  const { strategy, order } = standing
  // However a plan was mended in trials, beside a run it is mended by quarters.
  return way.kind === 'plan'
    ? order === undefined && planName(name) === planName(strategy)
    : way.strategy === strategy && way.order === order
}

/** `heft` of `heft, mended by quarters`: the strategy of what stands, where it is a plan. */
export const planName = (name: string): string => name.split(', mended')[0]

/** What one was found to come to under some seeds, which the other met as well. */
export function isWorthIt(better: readonly Score[], standing: readonly Score[], luck: number) {
  const runs = Math.min(better.length, standing.length)
  const equal = better
    .slice(0, runs)
    .every((score, at) => compareScores(plain(score), plain(standing[at])) === 0)
  const tie = ({ lateness, makespan }: Score) => lateness ?? makespan
  const of = equal ? tie : (score: Score) => score.value
  const gains = better.slice(0, runs).map((score, at) => of(standing[at]) - of(score))
  const gain = meanOf(gains)
  const left = equal ? (score: Score) => score.makespan : of
  const least = smallPart * meanOf(standing.slice(0, runs).map(left))
  return (
    gain > least && gain > (runs >= fewest ? 2 * standardError(gains) : luck * left(standing[0]))
  )
}

/** Runs from which luck can be told. */
export const fewest = 5
/** Of what is left. */
const smallPart = 0.01
/** Seconds of a core that a first look takes, of its thread and of the compiler beside it. */
const planning = 0.4

const plain = ({ value }: Score): Score => ({ value, makespan: 0 })

/**
 * Whether a rule that a run follows comes, in expected times, so near to what no schedule can be below that
 * a better one could not make up for being looked for: that takes a core from the slots for a while.
 * `seconds`: what both are counted in.
 */
export function suffices(seconds: number, bound: number, slots: number): boolean {
  return seconds - bound <= Math.max(smallPart * bound, planning / slots)
}

/** "mct in lpt order goes on: in expected times it comes within 0.4 % of ...". */
export function goesOnUnplanned(standing: string, makespan: number, { value, by }: Proof): string {
  const much = makespan / value - 1
  const over = much > 0.00005 ? `comes within ${(much * 100).toFixed(2)} % of` : 'comes to'
  return (
    `${standing} goes on: in expected times it ${over} the makespan that no schedule is below ` +
    `(bound: ${by}); looking for a plan would take more from the slots than one could gain`
  )
}

/** "lpt goes on: of 24 tried mct comes to the least makespan, 0.3 % less, which is ...". */
export function goesOn(
  standing: string,
  best: { readonly name: string; readonly score: Score },
  held: Score,
  { objective, tried }: { readonly objective: Objective; readonly tried: number },
): string {
  const what = objectiveInWords(objective)
  const gain = held.value > 0 ? 1 - best.score.value / held.value : 0
  const much = gain > 0.00005 ? `${(gain * 100).toFixed(gain < 0.1 ? 2 : 0)} % less` : 'no less'
  return (
    `${standing} goes on: the least ${what} of ${tried} tried, that of ${best.name}, is ${much}; ` +
    'another takes over where that is more than 1 % and more than luck'
  )
}
