import { setImmediate } from 'node:timers/promises'
import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { meanOf as meanOfValues, standardError } from './interval.ts'
import { compareScores, type Score } from './objective.ts'
import { type Conditions, realise, scoreOf, type Way } from './realise.ts'

export type Candidate = { readonly name: string; readonly way: Way }

/** A candidate, and what it came to under the first so many seeds, which are the same for all. */
export type Trial = { readonly candidate: Candidate; readonly scores: Score[] }

export type RaceOptions = {
  readonly objective: Objective
  readonly conditions: Conditions
  /** On `performance.now()`: beyond it no candidate is tried, but for a first look. */
  readonly deadline?: number
  /** Milliseconds beyond the deadline, so that all are looked at where tasks are few; a second when absent. */
  readonly patienceMs?: number
  /** Simulated runs of each finalist at most; 512 when absent. */
  readonly mostRuns?: number
}

/**
 * The trial that comes to the best mean. After each round the worse half drops out (successive halving:
 * Karnin, Koren and Somekh 2013), or, where there is time, and once there are enough runs to tell, whoever
 * is worse than the best by more than luck (a race: Maron and Moore 1994), so that most runs are spent on
 * telling the best apart. Trials are run in the order given, for there may not be time for all; a round goes
 * through them best first, so that one cut short is still more to go by than the round before it.
 */
export async function race(
  problem: Problem,
  trials: readonly Trial[],
  options: RaceOptions,
): Promise<Trial> {
  const { conditions, objective, deadline, patienceMs = usualPatience } = options
  const isLate = (grace = 0) => deadline !== undefined && performance.now() > deadline + grace
  const most = repeatsFor(problem, options)
  const few = isPatient(problem)
  const patienceFor = (repeats: number) => (few && repeats <= sound ? patienceMs : 0)
  const began = performance.now()
  let left = trials
  for (let repeats = 1; left.length > 1; repeats = Math.min(most, repeats < 3 ? 3 : 2 * repeats)) {
    for (const [at, trial] of left.entries()) {
      if (repeats > 1 ? isLate(patienceFor(repeats)) : at > 1 && isLate(few ? patienceMs : graceMs))
        break
      await runUpTo(problem, trial, repeats, options)
    }
    const met = left.filter(({ scores }) => scores.length >= repeats)
    const isCutShort = met.length < left.length && repeats > 1
    if (isCutShort && met.length === 0) break
    left = met.toSorted((a, b) => compareScores(meanOf(a), meanOf(b)))
    if (isCutShort || repeats === most || isLate(patienceFor(repeats + 1))) break
    if (repeats < 3) left = inReach(left, objective, luckOf(problem, conditions))
    else {
      const perRun = (performance.now() - began) / runsOf(trials)
      const roomFor = deadline === undefined ? 0 : (deadline - performance.now()) / perRun / repeats
      left = worthMore(distinct(left), roomFor)
    }
  }
  return left[0]
}

/** Runs a trial under the seeds it has not met, up to so many. */
export async function runUpTo(
  problem: Problem,
  { candidate, scores }: Trial,
  repeats: number,
  { conditions, objective }: RaceOptions,
): Promise<void> {
  const certain = isCertain(conditions)
  for (let repeat = scores.length; repeat < repeats; repeat += 1) {
    const seed = trialSeeds + conditions.seed * 64 + repeat
    const realised = realise(problem, candidate.way, { ...conditions, seed, isTrial: true })
    scores.push(scoreOf(realised, objective, certain))
    await setImmediate()
  }
}

export const isCertain = ({ noise, faults }: Conditions): boolean =>
  noise === 0 && faults === undefined

/** So few tasks that there is always time to look at all candidates. */
export const isPatient = ({ tasks }: Problem): boolean => tasks.length <= patientTasks

/** Apart from the seeds people give, so that nothing is chosen by the luck it will meet. */
const trialSeeds = 1_000_003
/** Milliseconds beyond the deadline for a first look at the candidates; two are looked at in any case. */
const graceMs = 200
/** Up to here that look takes some tenths of a second, and all candidates are in it: as good as always. */
const patientTasks = 1_000
const usualPatience = 1_000
const usualRuns = 512
/** After this many runs the best is rarely just the luckiest. A busy box gets there too, only later. */
const sound = 6
const finalists = 4
/** Share of the makespan that is never attributed to the luck of a single run, however little noise there is. */
const farOff = 0.1
/** From so many runs on, differences are told from luck. */
const telling = 12
/** The last ones left are run so often, however many tasks there are up to a point. */
const decisive = 16

/** Runs of each finalist; without a deadline, some hundred thousand simulated tasks in all. */
function repeatsFor(problem: Problem, options: RaceOptions): number {
  const { conditions, deadline, mostRuns = usualRuns } = options
  if (isCertain(conditions)) return 1
  const tasks = Math.max(1, problem.tasks.length)
  if (deadline !== undefined) return Math.max(1, Math.min(mostRuns, Math.floor(200_000 / tasks)))
  return Math.max(1, Math.min(48, Math.max(decisive, 1_200 / tasks), 40_000 / tasks) | 0)
}

export function meanOf({ scores }: Trial, runs = scores.length): Score {
  const mean = (of: (score: Score) => number) =>
    scores.slice(0, runs).reduce((sum, score) => sum + of(score), 0) / runs
  const [value, makespan] = [mean(score => score.value), mean(score => score.makespan)]
  const lateness = mean(score => score.lateness ?? Number.NaN)
  return Number.isNaN(lateness) ? { value, makespan } : { value, makespan, lateness }
}

/** How far the noise moves the end of a run, of its length. */
export const luckOf = ({ tasks, machines }: Problem, { noise }: Conditions): number =>
  noise / Math.sqrt(tasks.length / machines.length)

/** After a single run, best first: what lies further behind than luck explains is not run again. */
function inReach(ranked: readonly Trial[], objective: Objective, luck: number): readonly Trial[] {
  if (objective !== 'makespan') return ranked
  const [least] = ranked[0].scores
  const most = least.value * (1 + Math.max(farOff, 4 * luck))
  return ranked.filter((trial, at) => at < finalists || trial.scores[0].value <= most)
}

const runsOf = (trials: readonly Trial[]): number =>
  trials.reduce((sum, { scores }) => sum + scores.length, 0)

/** Those that came to the same under every seed are one thing under several names: the first stands for all. */
const distinct = (ranked: readonly Trial[]): readonly Trial[] =>
  ranked.filter((trial, at) => !ranked.slice(0, at).some(before => areEqual(trial, before)))

const areEqual = (a: Trial, b: Trial): boolean =>
  a.scores.every((score, at) => compareScores(score, b.scores[at]) === 0)

/**
 * Of those who met the same seeds, best first, the ones that further runs may yet find best; while runs are
 * too few to tell, the better half, or as many as there is room for.
 */
function worthMore(ranked: readonly Trial[], roomFor: number): readonly Trial[] {
  const [best] = ranked
  const near = ranked.filter(trial => trial === best || isNear(trial, best))
  if (best.scores.length >= telling) return near
  const half = Math.max(finalists, Math.ceil(ranked.length / 2))
  return near.length <= roomFor && near.length > half ? near : ranked.slice(0, half)
}

/** Within this many standard errors of the mean difference. */
function isNear(trial: Trial, best: Trial): boolean {
  const gaps = trial.scores.map((score, at) => score.value - best.scores[at].value)
  const error = standardError(gaps)
  return error > 0 && meanOfValues(gaps) < (gaps.length < telling ? 4 : 2) * error
}
