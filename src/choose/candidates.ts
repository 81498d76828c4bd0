import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import type { Allocation } from '../policy/allocation/allocation.ts'
import { allocations, orders } from '../policy/registry.ts'

/**
 * All that may be worth a simulation where tasks are few and it takes next to nothing: what knows of due
 * dates goes in every order, too.
 */
export function plannedCandidates(
  problem: Problem,
  objective: Objective,
): readonly OnlineCandidate[] {
  const candidates = onlineCandidates(problem, objective)
  if (problem.tasks.length > fewTasks || objective !== 'weighted-tardiness') return candidates
  const names = new Set(candidates.map(({ name }) => name))
  const more = allocations
    .filter(({ autoTries, looksAt }) => autoTries !== 'never' && looksAt?.includes('due') === true)
    .flatMap(rule => ordersFor(problem, objective).map(order => candidateOf(rule, order)))
  return [...candidates, ...more.filter(({ name }) => !names.has(name))]
}

/** A simulation of so many takes about a millisecond. */
export const fewTasks = 60

/**
 * The online rules worth trying under an objective, from the registry as it is: the two allocations
 * that serve anything under every order that could matter, and each other allocation under the likeliest
 * order. Each policy says itself whether it is worth trying.
 */
export function onlineCandidates(
  problem: Problem,
  objective: Objective,
  only?: string,
): readonly OnlineCandidate[] {
  const wanted = only === undefined ? ordersFor(problem, objective) : [only]
  const [first = 'fifo'] = wanted
  const isMade = ({ madeFor }: Allocation) => madeFor === objective
  // What knows of due dates by itself may be the only one to meet them, and needs no order for it.
  const knowsDue = ({ looksAt }: Allocation) =>
    objective === 'weighted-tardiness' && looksAt?.includes('due') === true
  const inEveryOrder = ({ autoTries }: Allocation) => autoTries === 'in every order'
  const tried = allocations
    .filter(({ autoTries }) => autoTries !== 'never')
    // First, so that it wins over others that merely reach the same value.
    .toSorted((a, b) => Number(isMade(b)) - Number(isMade(a)))
  const candidates = tried.flatMap(allocation =>
    (inEveryOrder(allocation) ? wanted : [first]).map(order => candidateOf(allocation, order)),
  )
  // There may be time for a few only: those that serve anything or the objective, in the likeliest order, before it in others.
  const likely = tried
    .filter(allocation => isMade(allocation) || knowsDue(allocation) || inEveryOrder(allocation))
    .map(rule => candidateOf(rule, knowsDue(rule) ? (only ?? 'fifo') : first))
  const isLikely = ({ name }: OnlineCandidate) => likely.some(known => known.name === name)
  return [...likely, ...candidates.filter(candidate => !isLikely(candidate))]
}

const candidateOf = ({ name: strategy }: Allocation, order: string): OnlineCandidate => ({
  name: order === 'fifo' ? strategy : `${strategy} in ${order} order`,
  strategy,
  order,
})

type OnlineCandidate = {
  readonly name: string
  readonly strategy: string
  readonly order: string
}

/** Best guess first; beyond them whatever else the registry has, but for wishes that serve no objective. */
function ordersFor(problem: Problem, objective: Objective): string[] {
  const late = problem.tasks.some(({ due }) => due < Number.POSITIVE_INFINITY)
  const served = orders
    .filter(({ serves }) => serves !== 'a wish' && (late || serves !== 'due dates'))
    .map(({ name }) => name)
  const guesses = bestGuesses[objective].filter(name => served.includes(name))
  return [...guesses, ...served.filter(name => !guesses.includes(name))]
}

const bestGuesses: Readonly<Record<Objective, readonly string[]>> = {
  makespan: ['fifo', 'lpt', 'critical-path'],
  'mean-flow-time': ['spt', 'wspt'],
  'weighted-tardiness': ['wspt', 'edd', 'min-slack'],
  cost: ['fifo'],
}
