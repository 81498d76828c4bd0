import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { localSearch } from '../policy/planning/local-search.ts'
import { type Budget, drive, isSpent, withSlice } from './drive.ts'
import { compareScores, scoreSchedule } from './objective.ts'
import { objectiveBound, onCheapestMachines } from './objective-bound.ts'
import type { SummedObjective } from './late-acceptance.ts'
import { searchObjective } from './objective-search.ts'
import { planOnline } from './online-plan.ts'
import { constructAll, isOutOfTime } from './construct.ts'
import { leaderOf, type Member, memberOf } from './member.ts'
import { planPortfolio, type Portfolio, type PortfolioOptions } from './portfolio.ts'
import { meets } from './prove.ts'
import { plannedCandidates } from './candidates.ts'
import { simulatedTasks } from './ordered-plan.ts'
import { inBestQueues } from './queue-order.ts'
import { isSequences } from './sequences.ts'

/**
 * The portfolio for an objective other than the makespan: every planner and every online rule that
 * may serve it, ranked by it, then a search from the best of them until time is out or nothing can
 * be better. Cost is a sum over tasks, so its least is known at once: each task on its cheapest
 * machines, and of those schedules the shortest.
 */
export async function planFor(
  objective: Objective,
  problem: Problem,
  options: PortfolioOptions,
): Promise<Portfolio> {
  if (objective === 'makespan') return planPortfolio(problem, options)
  const { seed, budget, proof } = options
  const bound = objectiveBound(problem, objective)
  const half = (performance.now() + budget.deadline) / 2
  const members = await constructAll(problem, { seed, budget, bound: -1, objective })
  if (objective !== 'cost') members.push(...queued(problem, objective, members, budget))
  members.push(...simulated(problem, objective, options, half))
  if (objective === 'cost') {
    const { schedule } = await planPortfolio(onCheapestMachines(problem), options)
    members.push(memberOf(problem, 'cheapest machines', schedule, objective))
  } else if (!meets(leaderOf(members).value, bound)) {
    const rest = { ...options, budget: withSlice(budget, problem) }
    if (!isSpent(rest.budget)) members.push(...(await searched(problem, objective, members, rest)))
  }
  return { ...leaderOf(members), proof, members }
}

/**
 * A short schedule is a good place to begin; most of the budget then goes to the objective itself.
 */
async function searched(
  problem: Problem,
  objective: SummedObjective,
  members: readonly Member[],
  { seed, budget, proof }: PortfolioOptions,
): Promise<Member[]> {
  const found: Member[] = []
  // Without an incumbent: the best schedule under another objective rarely has a short makespan.
  const short = { seed, lowerBound: proof.value }
  const shorter = await drive(localSearch.plan(problem, short), partOf(budget, 0.2))
  if (shorter) {
    found.push(memberOf(problem, localSearch.name, shorter, objective))
    found.push(...queued(problem, objective, found, budget))
  }
  const bound = objectiveBound(problem, objective)
  const from = leaderOf([...members, ...found]).schedule
  const better = await drive(
    searchObjective(problem, { objective, incumbent: from, seed }),
    budget,
    value => meets(value, bound),
    schedule => scoreSchedule(problem, schedule, objective),
  )
  if (better) found.push(memberOf(problem, `search for ${objective}`, better, objective))
  return found
}

/** What each has planned, its queues in the best order; of many tasks the most promising first, while there is time. */
function queued(
  problem: Problem,
  objective: SummedObjective,
  members: readonly Member[],
  budget: Budget,
): Member[] {
  if (!isSequences(problem)) return []
  const found: Member[] = []
  for (const { name, schedule } of members.toSorted(compareScores)) {
    const tasks = (found.length + 1) * problem.tasks.length
    if (tasks > queuedAtOnce && isSpent(budget)) break
    const better = inBestQueues(problem, schedule, objective)
    found.push(memberOf(problem, `${name} in its best order`, better, objective))
  }
  return found
}

/** Tasks put into order in all; takes some hundredths of a second. */
const queuedAtOnce = 50_000

/** A share of what is left, spent from the whole. */
function partOf(budget: Budget, share: number): Budget {
  const now = performance.now()
  const deadline = now + (budget.deadline - now) * share
  if (!Number.isFinite(budget.stepsLeft)) return { ...budget, deadline }
  const stepsLeft = Math.ceil(budget.stepsLeft * share)
  budget.stepsLeft -= stepsLeft
  return { ...budget, deadline, stepsLeft }
}

/** What the online rules would do, until half the time is gone: the search needs the rest. */
function simulated(
  problem: Problem,
  objective: Objective,
  { seed, budget }: PortfolioOptions,
  until: number,
): Member[] {
  const members: Member[] = []
  for (const { name, strategy, order } of plannedCandidates(problem, objective)) {
    if (problem.tasks.length > simulatedTasks) break
    if (isOutOfTime(problem, members.length, { ...budget, deadline: until })) break
    const schedule = planOnline(problem, strategy, seed, order)
    members.push(memberOf(problem, name, schedule, objective))
  }
  return members
}
