import type { Objective } from '../model/job.ts'
import type { Schedule } from '../model/schedule.ts'
import { compareScores, type Score } from './objective.ts'

/**
 * Late acceptance (Burke and Bykov 2017): a move is kept unless it is worse than what stood some moves
 * ago. It has one parameter, the length of that memory, and none that depends on the unit of values.
 */
export function lateAcceptance(start: Score, length = 500) {
  const history: Score[] = Array.from({ length }, () => start)
  let moves = 0
  return (candidate: Score, current: Score): boolean => {
    const at = moves % length
    moves += 1
    const accepted =
      compareScores(candidate, history[at]) <= 0 || compareScores(candidate, current) <= 0
    history[at] = accepted ? candidate : current
    return accepted
  }
}

/** An objective that is a sum over tasks: no single task determines it. */
export type SummedObjective = Exclude<Objective, 'makespan' | 'cost'>

export type SearchOptions = {
  readonly objective: SummedObjective
  readonly incumbent: Schedule
  readonly seed: number
}
