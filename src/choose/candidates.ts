import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { allocations, orders } from '../policy/registry.ts'

/**
 * The online rules worth trying under an objective, from the registry as it is: the two allocations
 * that serve anything under every order that could matter, and each other allocation under the orders
 * of its objective. What draws lots, ignores times by design, or follows a plan is left out.
 */
export function onlineCandidates(
  problem: Problem,
  objective: Objective,
  only?: string,
): readonly OnlineCandidate[] {
  const wanted = only === undefined ? ordersFor(problem, objective) : [only]
  const [first = 'fifo'] = wanted
  const made = madeFor[objective]
  return allocations
    .filter(({ name }) => !leftOut.has(name))
    .toSorted((a, b) => Number(b.name === made) - Number(a.name === made))
    .flatMap(({ name: strategy }) =>
      (general.has(strategy) ? wanted : [first]).map(order => ({
        name: order === 'fifo' ? strategy : `${strategy} in ${order} order`,
        strategy,
        order,
      })),
    )
}

export type OnlineCandidate = {
  readonly name: string
  readonly strategy: string
  readonly order: string
}

const leftOut = new Set(['random', 'power-of-two', 'round-robin', 'planned', 'least-loaded'])
/** First, so that it is taken where another only happens to come to the same. */
const madeFor: Readonly<Partial<Record<Objective, string>>> = { cost: 'cheapest' }
const general = new Set(['mct', 'on-demand'])

/** Best guess first; beyond them whatever else the registry has, but for wishes that serve no objective. */
function ordersFor(problem: Problem, objective: Objective): string[] {
  const late = problem.tasks.some(({ due }) => due < Number.POSITIVE_INFINITY)
  const served = orders
    .map(({ name }) => name)
    .filter(name => !wishes.has(name) && (late || !byDueDate.has(name)))
  const guesses = bestGuesses[objective].filter(name => served.includes(name))
  return [...guesses, ...served.filter(name => !guesses.includes(name))]
}

const wishes = new Set(['priority', 'fair'])
const byDueDate = new Set(['edd', 'min-slack'])

const bestGuesses: Readonly<Record<Objective, readonly string[]>> = {
  makespan: ['fifo', 'lpt', 'critical-path'],
  'mean-flow-time': ['spt', 'wspt'],
  'weighted-tardiness': ['wspt', 'edd', 'min-slack'],
  cost: ['fifo'],
}
