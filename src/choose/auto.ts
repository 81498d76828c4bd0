import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { orders } from '../policy/registry.ts'
import type { Member } from './portfolio.ts'
import { type Conditions, realise, scoreOf, type Way } from './realise.ts'

/**
 * Chooses by trying: every candidate runs the actual problem in the simulator, under noise of the
 * size that the run will meet but of other seeds, and the best mean of the objective wins. A plan
 * that is best on paper may lose here to a rule that adapts.
 */
export function chooseByTrial(problem: Problem, options: TrialOptions): Chosen {
  const { conditions, objective } = options
  const repeats = conditions.noise > 0 || conditions.faults ? repeatsFor(problem) : 1
  const trials = candidatesOf(options).map(candidate => {
    let sum = 0
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const seed = trialSeeds + conditions.seed * 64 + repeat
      sum += scoreOf(realise(problem, candidate.way, { ...conditions, seed }), objective)
    }
    return { ...candidate, value: sum / repeats }
  })
  const winner = trials.reduce((a, b) => (b.value < a.value ? b : a))
  return { ...winner, why: reasonFor(winner, trials, { objective, repeats }) }
}

export type TrialOptions = {
  readonly objective: Objective
  readonly conditions: Conditions
  /** The order asked for; all that serve are tried when absent. */
  readonly order?: string
  /** Schedules to try as plans. */
  readonly members: readonly Member[]
}

export type Candidate = { readonly name: string; readonly way: Way }
export type Chosen = Candidate & { readonly value: number; readonly why: string }

/** Apart from the seeds people give, so that nothing is chosen by the luck it will meet. */
const trialSeeds = 1_000_003

function repeatsFor(problem: Problem): number {
  return Math.max(1, Math.min(12, Math.floor(40_000 / Math.max(1, problem.tasks.length))))
}

/** The five shortest plans, and the online strategies that are worth having under any order. */
function candidatesOf({ members, order }: TrialOptions): Candidate[] {
  const plans = [...members.keys()]
    .sort((a, b) => members[a].makespan - members[b].makespan || a - b)
    .slice(0, 5)
    .map(at => members[at])
  const wanted = order === undefined ? orders.map(({ name }) => name) : [order]
  const shown = wanted.filter(name => order !== undefined || usefulOrders.has(name))
  return [
    ...plans.map(({ name, schedule }): Candidate => ({ name, way: { kind: 'plan', schedule } })),
    ...['mct', 'on-demand'].flatMap(strategy =>
      shown.map(
        (name): Candidate => ({
          name: name === 'fifo' ? strategy : `${strategy} in ${name} order`,
          way: { kind: 'online', strategy, order: name },
        }),
      ),
    ),
  ]
}

const usefulOrders = new Set(['fifo', 'lpt', 'spt', 'edd', 'critical-path', 'wspt', 'min-slack'])

function reasonFor(
  winner: { readonly name: string; readonly value: number },
  trials: readonly { readonly name: string; readonly value: number }[],
  { objective, repeats }: { objective: Objective; repeats: number },
): string {
  const others = trials
    .filter(({ value }) => value > winner.value)
    .sort((a, b) => a.value - b.value)
    .slice(0, 3)
    .map(({ name, value }) =>
      winner.value > 0 ? `${name} ${((value / winner.value - 1) * 100).toFixed(1)} % worse` : name,
    )
  const times = repeats > 1 ? `, over ${repeats} simulated runs each` : ''
  const tried = `${winner.name} had the least ${objective} of ${trials.length} candidates${times}`
  return others.length === 0 ? tried : `${tried}: ${others.join(', ')}`
}
