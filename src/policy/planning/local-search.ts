import type { Problem } from '../../model/problem.ts'
import { whyNotUnrelated } from '../bound/unrelated.ts'
import type { Planner } from './planner.ts'
import { searchCapacities } from './search/capacity-search.ts'
import { searchGraph } from './search/dag-search.ts'
import { searchAssignments } from './search/unrelated-search.ts'

/**
 * Anytime local search: starts from the constructive planners and goes on improving for as long as
 * it is driven. What it searches over depends on what a schedule of the problem is: who runs what,
 * for independent tasks; an order and machines, with precedence, transfers or releases; an order
 * alone where machines run several tasks at once.
 */
export const localSearch: Planner = {
  name: 'local-search',
  source:
    'simulated annealing, Kirkpatrick, Gelatt and Vecchi 1983, over moves priced by the LP bound ' +
    '(Gogos et al. 2016) or taken from the critical path (van Laarhoven, Aarts and Lenstra 1992)',
  *plan(problem, options) {
    if (problem.machines.some(machine => machine.capacity !== undefined)) {
      yield* searchCapacities(problem, options)
    } else if (isPlain(problem)) {
      yield* searchAssignments(problem, options)
    } else {
      yield* searchGraph(problem, options)
    }
  },
}

const isPlain = (problem: Problem): boolean => whyNotUnrelated(problem) === undefined
