import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { onlineCandidates } from './candidates.ts'
import { inOrder, planOnline } from './online-plan.ts'
import { leaderOf, type Member, memberOf } from './member.ts'

/**
 * What a choice among schedules comes to under an order that was asked for: each member keeps its
 * machines and takes the order on each of them, and the online rules choose under the order alone. What is
 * followed as a plan keeps turns where such a rule would let the next one pass: it comes to no more than that.
 */
export function membersInOrder(
  problem: Problem,
  members: readonly Member[],
  { objective, order, seed, isFollowed }: InOrderOptions,
): { readonly best: Member; readonly members: readonly Member[] } {
  const ordered = members.map(({ name, schedule }) =>
    memberOf(problem, name, inOrder(problem, schedule, order), objective),
  )
  if (problem.tasks.length <= simulatedTasks) {
    for (const { name, strategy } of onlineCandidates(problem, objective, order)) {
      const chosen = planOnline(problem, strategy, seed, order)
      const schedule = isFollowed ? inOrder(problem, chosen, order) : chosen
      ordered.push(memberOf(problem, name, schedule, objective))
    }
  }
  return { best: leaderOf(ordered), members: ordered }
}

type InOrderOptions = {
  readonly objective: Objective
  readonly order: string
  readonly seed: number
  /** A run is to follow the best as a plan, whoever made it. */
  readonly isFollowed: boolean
}

/** A simulation of so many takes about a fifth of a second. */
export const simulatedTasks = 20_000
