import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { underwayFirst } from '../policy/planning/underway.ts'
import { compareScores, scoreSchedule } from './objective.ts'

/** A schedule, who made it, and what it is worth. */
export type Member = {
  readonly name: string
  /** Under the objective asked for: less is better. */
  readonly value: number
  readonly makespan: number
  readonly schedule: Schedule
}

export function memberOf(
  problem: Problem,
  name: string,
  schedule: Schedule,
  objective: Objective = 'makespan',
): Member {
  const real = underwayFirst(problem, schedule)
  return { name, schedule: real, ...scoreSchedule(problem, real, objective) }
}

/** The first of the best. */
export function leaderOf(members: readonly Member[]): Member {
  return members.reduce((a, b) => (compareScores(b, a) < 0 ? b : a))
}
