import type { Problem } from '../model/problem.ts'
import { whyNotUnrelated } from '../policy/bound/unrelated.ts'
import { localSearch } from '../policy/planning/local-search.ts'
import type { Planner } from '../policy/planning/planner.ts'
import { planners } from '../policy/planning/registry.ts'
import { aliases, allocations } from '../policy/registry.ts'

/**
 * Every strategy by name, however it comes to its schedule: a planner, the solver, an online
 * allocation whose choices the simulator writes down, or a choice among the others.
 */
export type Strategy = {
  readonly name: string
  /** It goes on looking for a better schedule for as long as it is given. */
  readonly searches?: true
} & (
  | { readonly kind: 'planner'; readonly planner: Planner }
  | { readonly kind: 'solver'; readonly name: 'lp-rounding' | 'milp' }
  | { readonly kind: 'online' }
  | { readonly kind: 'choice'; readonly name: 'portfolio' | 'auto' }
)

const constructive = planners.filter(planner => planner.name !== localSearch.name)

export const strategies: readonly Strategy[] = [
  ...constructive.map((planner): Strategy => ({ kind: 'planner', name: planner.name, planner })),
  ...allocations
    .filter(({ name }) => name !== 'planned' && !planners.some(planner => planner.name === name))
    .map(({ name }): Strategy => ({ kind: 'online', name })),
  { kind: 'solver', name: 'lp-rounding' },
  { kind: 'solver', name: 'milp', searches: true },
  { kind: 'planner', name: localSearch.name, planner: localSearch, searches: true },
  { kind: 'choice', name: 'portfolio', searches: true },
  { kind: 'choice', name: 'auto' },
]

/** Planners that build one schedule and are done. */
export const constructivePlanners: readonly Planner[] = constructive

export function strategyNamed(name: string): Strategy | undefined {
  const canonical = aliases[name] ?? name
  return strategies.find(strategy => strategy.name === canonical)
}

/** What a strategy may be called. */
export const strategyNames = (): string[] => [
  ...strategies.map(({ name }) => name),
  ...Object.keys(aliases).filter(alias => strategyNamed(alias) !== undefined),
]

/** Why the strategy cannot take the problem, or `undefined` if it can. */
export function refusalOf(strategy: Strategy, problem: Problem): string | undefined {
  if (strategy.kind === 'planner') return strategy.planner.refuses?.(problem)
  if (strategy.kind === 'solver') return whyNotUnrelated(problem)
  return undefined
}
