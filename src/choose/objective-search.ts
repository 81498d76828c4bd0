import { lateFrom, type Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { searchLateness } from '../policy/planning/search/dag-search.ts'
import type { Lateness } from '../policy/planning/search/lateness.ts'
import type { SearchOptions, SummedObjective } from './late-acceptance.ts'
import { searchSequences } from './sequence-search.ts'
import { isSequences } from './sequences.ts'

/**
 * Anytime search under an objective that is a sum over tasks, from a schedule that is there: who
 * runs what, and in which order. Independent tasks on machines that take one at a time are
 * sequences, of which a move changes two; all else is searched as for the makespan.
 */
export function searchObjective(
  problem: Problem,
  options: SearchOptions,
): Generator<Schedule | undefined, void, void> {
  if (isSequences(problem)) return searchSequences(problem, options)
  return searchLateness(problem, { ...options, aim: latenessUnder(problem, options.objective) })
}

/** The objective as a sum of what tasks end late. */
function latenessUnder({ tasks }: Problem, objective: SummedObjective): Lateness {
  if (objective === 'mean-flow-time') {
    return {
      weight: new Float64Array(tasks.length).fill(1 / tasks.length),
      due: Float64Array.from(tasks, ({ release }) => release),
    }
  }
  return {
    weight: Float64Array.from(tasks, ({ weight }) => weight),
    due: Float64Array.from(tasks, lateFrom),
  }
}
