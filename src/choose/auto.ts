import { setImmediate } from 'node:timers/promises'
import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { onlineCandidates } from './candidates.ts'
import { compareScores, type Score } from './objective.ts'
import type { Member } from './portfolio.ts'
import type { Mending } from './mend.ts'
import { type Conditions, realise, scoreOf, type Way } from './realise.ts'
import { reasonFor } from './reason.ts'
import { fewest, goesOn, isStanding, isWorthIt, planName, type Standing } from './standing.ts'

/**
 * Chooses by trying: every candidate runs the actual problem in the simulator, under noise of the
 * size that the run will meet but of other seeds, and the best mean of the objective wins. A plan
 * that is best on paper may lose here to a rule that adapts. All meet the same seeds. After each
 * round the worse half drops out (successive halving: Karnin, Koren and Somekh 2013), and once there
 * are enough runs to tell, whoever is worse than the best by more than luck (a race: Maron and Moore
 * 1994), so that most runs are spent on telling the best apart.
 */
export async function chooseByTrial(problem: Problem, options: TrialOptions): Promise<Chosen> {
  const { conditions, objective, deadline, standing, patienceMs = usualPatience } = options
  const isLate = (grace = 0) => deadline !== undefined && performance.now() > deadline + grace
  const certain = conditions.noise === 0 && conditions.faults === undefined
  const most = certain
    ? 1
    : Math.min(options.mostRuns ?? 512, repeatsFor(problem, deadline !== undefined))
  const few = problem.tasks.length <= patientTasks
  const patienceFor = (repeats: number) => (few && repeats <= sound ? patienceMs : 0)
  const trials = candidatesOf(problem, options)
    .toSorted((a, b) => Number(isStanding(b, standing)) - Number(isStanding(a, standing)))
    .map((candidate): Trial => ({ candidate, scores: [] }))
  const tryUpTo = async ({ candidate, scores }: Trial, repeats: number): Promise<void> => {
    for (let repeat = scores.length; repeat < repeats; repeat += 1) {
      const seed = trialSeeds + conditions.seed * 64 + repeat
      scores.push(
        scoreOf(realise(problem, candidate.way, { ...conditions, seed }), objective, certain),
      )
      await setImmediate()
    }
  }
  let left: readonly Trial[] = trials
  const began = performance.now()
  for (let repeats = 1; left.length > 1; repeats = Math.min(most, repeats < 3 ? 3 : 2 * repeats)) {
    for (const [at, trial] of left.entries()) {
      if (repeats > 1 ? isLate(patienceFor(repeats)) : at > 1 && isLate(few ? patienceMs : graceMs))
        break
      await tryUpTo(trial, repeats)
    }
    const met = left.filter(({ scores }) => scores.length >= repeats)
    // Cut short, a round tells nothing of those it did not come to; the one before it stands.
    if (met.length < left.length && repeats > 1) break
    left = met.toSorted((a, b) => compareScores(meanOf(a), meanOf(b)))
    if (repeats === most || isLate(patienceFor(repeats + 1))) break
    if (repeats < 3) left = inReach(left, objective, luckOf(problem, conditions))
    else {
      const perRun = (performance.now() - began) / runsOf(trials)
      const roomFor = deadline === undefined ? 0 : (deadline - performance.now()) / perRun / repeats
      left = worthMore(left, roomFor)
    }
  }
  const [winner] = left
  const tried = trials.filter(({ scores }) => scores.length > 0)
  const held = tried.find(({ candidate }) => isStanding(candidate, standing))
  if (held !== undefined && held !== winner) {
    if (few && !certain) for (const trial of [held, winner]) await tryUpTo(trial, fewest)
    if (!isWorthIt(winner.scores, held.scores, luckOf(problem, conditions)))
      return goingOn(held, winner, objective, tried)
  }
  const runs = winner.scores.length
  const how = runs > 1 ? `, by up to ${runs} simulated runs each` : ', simulated'
  const best = { name: winner.candidate.name, ...meanOf(winner) }
  const others = tried.filter(trial => trial !== winner).flatMap(trial => beside(trial, winner))
  const why = reasonFor(best, [best, ...others], objective, { how, candidates: tried.length })
  return { ...winner.candidate, value: best.value, why }
}

/** What runs already stays. */
function goingOn(
  held: Trial,
  winner: Trial,
  objective: Objective,
  tried: readonly Trial[],
): Chosen {
  const runs = Math.min(held.scores.length, winner.scores.length)
  const { name: called, way } = held.candidate
  const name = way.kind === 'plan' ? planName(called) : called.split(', online')[0]
  const best = { name: winner.candidate.name, score: meanOf(winner, runs) }
  const why = goesOn(name, best, meanOf(held, runs), { objective, tried: tried.length })
  return { ...held.candidate, value: meanOf(held).value, why }
}

type TrialOptions = {
  readonly objective: Objective
  readonly conditions: Conditions
  /** The order asked for, which plans keep as well; all that serve are tried when absent. */
  readonly order?: string
  /** On `performance.now()`: beyond it no candidate is tried, but for a first look. */
  readonly deadline?: number
  /** Milliseconds beyond the deadline, so that all are looked at where tasks are few; a second when absent. */
  readonly patienceMs?: number
  /** Simulated runs of each finalist at most; 512 when absent. */
  readonly mostRuns?: number
  /** The ways in which a plan can be mended here, the likeliest to be best first. */
  readonly mending?: readonly [Mending, ...Mending[]]
  /** Schedules to try as plans. */
  readonly members: readonly Member[]
  /** What is followed already, and is left only for what is clearly better. */
  readonly standing?: Standing
}

type Candidate = { readonly name: string; readonly way: Way }
type Chosen = Candidate & { readonly value: number; readonly why: string }

type Trial = { readonly candidate: Candidate; readonly scores: Score[] }

/** Apart from the seeds people give, so that nothing is chosen by the luck it will meet. */
const trialSeeds = 1_000_003
/** Milliseconds beyond the deadline for a first look at the candidates; two are looked at in any case. */
const graceMs = 200
/** Up to here that look takes some tenths of a second, and all candidates are in it: as good as always. */
const patientTasks = 1_000
const usualPatience = 1_000
/** Of so many runs the best is seldom the luckiest; a box at work has the time, if later. */
const sound = 6
const finalists = 4
/** Of the makespan: no luck of a single run, however little noise there is. */
const farOff = 0.1
/** Times the makespan of the best plan. */
const near = 1.01
/** From so many runs on, differences are told from luck. */
const telling = 12

/** Runs of each finalist; without a deadline, some hundred thousand simulated tasks in all. */
function repeatsFor(problem: Problem, timed: boolean): number {
  const tasks = Math.max(1, problem.tasks.length)
  if (timed) return Math.max(1, Math.floor(200_000 / tasks))
  return Math.max(1, Math.min(48, Math.max(telling, 1_200 / tasks), 40_000 / tasks) | 0)
}

function meanOf({ scores }: Trial, runs = scores.length): Score {
  const mean = (of: (score: Score) => number) =>
    scores.slice(0, runs).reduce((sum, score) => sum + of(score), 0) / runs
  const [value, makespan] = [mean(score => score.value), mean(score => score.makespan)]
  const lateness = mean(score => score.lateness ?? Number.NaN)
  return Number.isNaN(lateness) ? { value, makespan } : { value, makespan, lateness }
}

/** How far the noise moves the end of a run, of its length. */
const luckOf = ({ tasks, machines }: Problem, { noise }: Conditions): number =>
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

/** Within so many standard errors of the mean difference; what never differs is the same thing twice. */
function isNear(trial: Trial, best: Trial): boolean {
  const gaps = trial.scores.map((score, at) => score.value - best.scores[at].value)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const squares = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0)
  const error = Math.sqrt(squares / (gaps.length - 1) / gaps.length)
  return error > 0 && mean < (gaps.length < telling ? 4 : 2) * error
}

/** What another came to, had it met all the seeds that the winner met; nothing where it looked better. */
function beside(trial: Trial, winner: Trial) {
  const runs = Math.min(trial.scores.length, winner.scores.length)
  const [own, same, whole] = [meanOf(trial, runs), meanOf(winner, runs), meanOf(winner)]
  if (compareScores(own, same) < 0) return []
  const value = same.value > 0 ? own.value * (whole.value / same.value) : own.value
  const makespan = own.makespan * (whole.makespan / same.makespan)
  return [{ ...own, name: trial.candidate.name, value, makespan }]
}

/**
 * The five best plans, those nearly as good as the best mended as they go, and the online rules that are worth
 * having: of each kind the first ones first, for there may not be time for all. Where nothing is
 * certain, what needs no plan goes before one that comes to the same.
 */
function candidatesOf(
  problem: Problem,
  { members, order, objective, conditions, mending = ['often', 'seldom'], standing }: TrialOptions,
): readonly Candidate[] {
  const certain = conditions.noise === 0 && conditions.faults === undefined
  const ranked = [...members.keys()]
    .sort((a, b) => compareScores(members[a], members[b]) || a - b)
    .map(at => members[at])
  const isHeld = ({ name }: Member) =>
    standing?.order === undefined && standing?.strategy === planName(name)
  const best = ranked.filter((member, at) => at < 5 || isHeld(member))
  const plans = best.map(
    ({ name, schedule }): Candidate => ({ name, way: { kind: 'plan', schedule, order } }),
  )
  const mendedOf = ({ name, schedule }: Member, how: Mending): Candidate => ({
    name: `${name}, mended ${how === 'often' ? 'as it goes' : 'by quarters'}`,
    way: { kind: 'plan', schedule, mended: how, order },
  })
  const [first, ...others] = objective === 'makespan' && !certain ? best : []
  const mended = [
    ...(first ? mending.map(how => mendedOf(first, how)) : []),
    // What is equal on paper is not equal in a run: luck tells apart plans that one long chain makes equal.
    ...others
      .filter(({ makespan }, at) => at === 0 || makespan <= near * first.makespan)
      .map(member => mendedOf(member, mending[0])),
  ]
  const online = onlineCandidates(problem, objective, order).map(
    ({ name, strategy, order: first }): Candidate => ({
      name: best.some(plan => plan.name === name) ? `${name}, online` : name,
      way: { kind: 'online', strategy, order: first },
    }),
  )
  if (certain) return [...plans, ...online]
  const [rule, ...rules] = online
  return [...(rule ? [rule] : []), ...mended.slice(0, 1), ...rules, ...mended.slice(1), ...plans]
}
