import type { Problem } from '../../../model/problem.ts'
import { makespanOf, type Schedule } from '../../../model/schedule.ts'
import { prng } from '../../../std/prng.ts'
import type { PlanOptions } from '../planner.ts'
import { annealDag, type DagCooling } from './dag-anneal.ts'
import { type Dag, dagOf } from './dag.ts'
import { type DagPlan, planOf, scheduleOfPlan } from './dag-plan.ts'
import { bestStart } from './starts.ts'

/**
 * Search for tasks with precedence, transfers or releases on machines that run one at a time.
 *
 * Every constructive planner gives a start. Then annealing from the best schedule, again and again
 * and each time longer, by turns over orders alone (the decoder choosing machines) and over orders
 * and machines. Where machines are alike, orders alone reach every schedule worth having.
 */
export function* searchGraph(
  problem: Problem,
  options: PlanOptions,
): Generator<Schedule | undefined, void, void> {
  const bound = (options.lowerBound ?? 0) * (1 + 1e-12)
  const best = yield* bestStart(problem, options)
  if (best === undefined || problem.tasks.length === 0 || makespanOf(best) <= bound) return
  const dag = dagOf(problem)
  const run = bestKeeper(best)
  const random = prng(options.seed, 2)
  for (let round = 0, vain = 0; ; round += 1) {
    const plan = planOf(dag, run.best())
    run.keep(plan)
    const before = run.makespan()
    for (const better of annealDag(dag, plan, coolingOf(dag, before, { round, vain }), {
      random,
      below: makespan => run.below(makespan, plan),
    })) {
      yield better ? run.best() : undefined
      if (run.makespan() <= bound) return
    }
    vain = run.makespan() < before ? 0 : vain + 1
  }
}

/** Coolings in a row without a better schedule, before the next ones begin hotter. */
const patience = 3

/**
 * A descent first. Then coolings from a third of a mean step of the schedule down to where nothing
 * moves; most over orders and machines together, some over orders alone. What no cooling gets out of
 * is left by hotter ones (reheating): where transfers take ten times as long as work, 100 tasks came
 * to a tenth less in as many steps, and graphs without transfers to the same.
 */
function coolingOf(
  dag: Dag,
  makespan: number,
  { round, vain }: { readonly round: number; readonly vain: number },
): DagCooling {
  const scale = makespan * Math.min(0.2, dag.machines / dag.tasks)
  const greedy = round > 0 && (dag.identical ? round % 4 !== 0 : round % 3 === 1)
  const first = Math.max(5_000, 10 * dag.tasks)
  const hotter = Math.floor(vain / patience) % 4
  return {
    decodings: Math.min(first * 2 ** (round / 2), 2_000_000),
    from: scale * (round === 0 ? 0.003 : 0.3 * 2 ** hotter),
    to: scale * 0.003,
    greedy,
  }
}

function bestKeeper(start: Schedule) {
  let schedule = start
  let least = makespanOf(start)
  const below = (makespan: number, plan: DagPlan): boolean => {
    if (makespan >= least) return false
    least = makespan
    schedule = scheduleOfPlan(plan)
    return true
  }
  return {
    below,
    keep: (plan: DagPlan) => below(makespanOf(plan), plan),
    best: () => schedule,
    makespan: () => least,
  }
}
