import { setImmediate } from 'node:timers/promises'
import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { onlineCandidates } from './candidates.ts'
import { compareScores, type Score } from './objective.ts'
import type { Member } from './portfolio.ts'
import { type Conditions, realise, scoreOf, type Way } from './realise.ts'
import { reasonFor } from './reason.ts'

/**
 * Chooses by trying: every candidate runs the actual problem in the simulator, under noise of the
 * size that the run will meet but of other seeds, and the best mean of the objective wins. A plan
 * that is best on paper may lose here to a rule that adapts. All meet the same seeds; those in the
 * worse half drop out after each round, so that most of the runs are spent on telling the best apart
 * (successive halving: Karnin, Koren and Somekh 2013).
 */
export async function chooseByTrial(problem: Problem, options: TrialOptions): Promise<Chosen> {
  const { conditions, objective, deadline } = options
  const candidates = candidatesOf(problem, options)
  const isLate = () => deadline !== undefined && performance.now() > deadline
  const many = problem.tasks.length > patientTasks
  const certain = conditions.noise === 0 && conditions.faults === undefined
  const most = certain ? 1 : repeatsFor(problem)
  const trials: Trial[] = candidates.map(candidate => ({ candidate, scores: [] }))
  let left = trials
  for (let repeats = Math.min(most, firstRound); ; repeats = Math.min(most, repeats * 2)) {
    for (const { candidate, scores } of left) {
      if (left === trials && many && scores !== left[0].scores && isLate()) break
      for (let repeat = scores.length; repeat < repeats; repeat += 1) {
        const seed = trialSeeds + conditions.seed * 64 + repeat
        const realised = realise(problem, candidate.way, { ...conditions, seed })
        scores.push(scoreOf(realised, objective))
        await setImmediate()
      }
    }
    left = left
      .filter(({ scores }) => scores.length === repeats)
      .toSorted((a, b) => compareScores(meanOf(a), meanOf(b)))
    if (repeats === most || isLate()) break
    left = left.slice(0, Math.max(finalists, Math.ceil(left.length / 2)))
  }
  const [winner] = left
  const tried = trials
    .filter(({ scores }) => scores.length > 0)
    .map(trial => ({ name: trial.candidate.name, ...meanOf(trial) }))
  const how = most > 1 ? `, by up to ${most} simulated runs each` : ', simulated'
  const best = { name: winner.candidate.name, ...meanOf(winner) }
  const why = reasonFor(best, [best, ...stayed(tried, left)], objective, how, tried.length)
  return { ...winner.candidate, value: best.value, why }
}

export type TrialOptions = {
  readonly objective: Objective
  readonly conditions: Conditions
  /** The order asked for; all that serve are tried when absent. */
  readonly order?: string
  /** On `performance.now()`: no round begins after it, and of many tasks the first is cut short. */
  readonly deadline?: number
  /** Schedules to try as plans. */
  readonly members: readonly Member[]
}

export type Candidate = { readonly name: string; readonly way: Way }
export type Chosen = Candidate & { readonly value: number; readonly why: string }

type Trial = { readonly candidate: Candidate; readonly scores: Score[] }

/** Apart from the seeds people give, so that nothing is chosen by the luck it will meet. */
const trialSeeds = 1_000_003
const firstRound = 3
const finalists = 4
/** Up to here the first round takes about a second, and all candidates are in it, deadline or not. */
const patientTasks = 1_000

/** Runs of each finalist: a hundred thousand simulated tasks take about a second. */
function repeatsFor(problem: Problem): number {
  return Math.max(1, Math.min(12, Math.floor(40_000 / Math.max(1, problem.tasks.length))))
}

function meanOf({ scores }: Trial): Score {
  const mean = (of: (score: Score) => number) =>
    scores.reduce((sum, score) => sum + of(score), 0) / scores.length
  return { value: mean(score => score.value), makespan: mean(score => score.makespan) }
}

/** Of the others only those who met the same seeds as the winner can be told beside it. */
function stayed<Named extends { readonly name: string }>(
  tried: readonly Named[],
  left: readonly Trial[],
): Named[] {
  const names = new Set(left.slice(1).map(({ candidate }) => candidate.name))
  return tried.filter(({ name }) => names.has(name))
}

/** The five best plans, the two best of them mended as they go, and the online rules that are worth having. */
function candidatesOf(
  problem: Problem,
  { members, order, objective, conditions }: TrialOptions,
): readonly Candidate[] {
  const certain = conditions.noise === 0 && conditions.faults === undefined
  const plans = [...members.keys()]
    .sort((a, b) => compareScores(members[a], members[b]) || a - b)
    .slice(0, 5)
    .map(at => members[at])
  return [
    ...(objective === 'makespan' && !certain ? plans.slice(0, 2) : []).map(
      ({ name, schedule }): Candidate => ({
        name: `${name}, mended as it goes`,
        way: { kind: 'plan', schedule, mended: 'often' },
      }),
    ),
    ...plans.map(({ name, schedule }): Candidate => ({ name, way: { kind: 'plan', schedule } })),
    ...onlineCandidates(problem, objective, order).map(
      ({ name, strategy, order: first }): Candidate => ({
        name: plans.some(plan => plan.name === name) ? `${name}, online` : name,
        way: { kind: 'online', strategy, order: first },
      }),
    ),
  ]
}
