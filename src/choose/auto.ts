import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { onlineCandidates } from './candidates.ts'
import { compareScores } from './objective.ts'
import type { Member } from './member.ts'
import { isMendable, type Mending, mendingsOf } from './mend.ts'
import { reasonFor } from './reason.ts'
import { fewest, goesOn, isStanding, isWorthIt, planName, type Standing } from './standing.ts'
import {
  type Candidate,
  isCertain,
  isPatient,
  luckOf,
  meanOf,
  race,
  type RaceOptions,
  runUpTo,
  type Trial,
} from './race.ts'

/**
 * Chooses by trying: every candidate runs the actual problem in the simulator, under noise of the
 * size that the run will meet but of other seeds, and the best mean of the objective wins. A plan
 * that is best on paper may lose here to a rule that adapts.
 */
export async function chooseByTrial(problem: Problem, options: TrialOptions): Promise<Chosen> {
  const { conditions, objective, standing } = options
  const trials = candidatesOf(problem, options)
    .toSorted((a, b) => Number(isStanding(b, standing)) - Number(isStanding(a, standing)))
    .map((candidate): Trial => ({ candidate, scores: [] }))
  const winner = await race(problem, trials, options)
  const tried = trials.filter(({ scores }) => scores.length > 0)
  const held = tried.find(({ candidate }) => isStanding(candidate, standing))
  if (held !== undefined && held !== winner) {
    if (isPatient(problem) && !isCertain(conditions))
      for (const trial of [held, winner]) await runUpTo(problem, trial, fewest, options)
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

/** Tasks that run already stay where they are. */
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

type TrialOptions = RaceOptions & {
  /** The order asked for, which plans keep as well; all that serve are tried when absent. */
  readonly order?: string
  /** The ways in which a plan can be mended here, the likeliest to be best first. */
  readonly mending?: readonly [Mending, ...Mending[]]
  /** Schedules to try as plans. */
  readonly members: readonly Member[]
  /** What the run follows now; it is only left for something clearly better. */
  readonly standing?: Standing
}

type Chosen = Candidate & { readonly value: number; readonly why: string }

const mendedInWords: Readonly<Record<Mending, string>> = {
  often: 'mended as it goes',
  'often for the mean': 'mended as it goes for the least mean',
  seldom: 'mended by quarters',
}

/** As a multiple of the best plan's makespan. */
const near = 1.01
/** A candidate's result under all the seeds that the winner met; nothing where it looked better under fewer. */
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
function candidatesOf(problem: Problem, options: TrialOptions): readonly Candidate[] {
  const { members, order, objective, conditions, standing } = options
  const { mending = mendingsOf(problem) } = options
  const certain = isCertain(conditions)
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
    name: `${name}, ${mendedInWords[how]}`,
    way: { kind: 'plan', schedule, mended: how, order },
  })
  const mends = objective === 'makespan' && !certain && isMendable(problem)
  const [first, ...others] = mends ? best : []
  const mended = [
    ...(first ? mending.map(how => mendedOf(first, how)) : []),
    // Plans that are equal on paper, because one long chain decides, need not be equal in a run with noise.
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
