import type { Problem } from '../../../model/problem.ts'
import { makespanOf, type Schedule } from '../../../model/schedule.ts'
import { type Prng, prng } from '../../../std/prng.ts'
import type { PlanOptions } from '../planner.ts'
import { clusteredStarts } from './clustered-starts.ts'
import { annealDag, type DagCooling } from './dag-anneal.ts'
import { type Dag, dagOf } from './dag.ts'
import { planOf } from './dag-decode.ts'
import { type DagPlan, scheduleOfPlan } from './dag-plan.ts'
import { type Lateness, latenessOf, meanWeight } from './lateness.ts'
import { nearStarts } from './near-starts.ts'
import { pricedStarts } from './priced-starts.ts'
import { bestStart } from './starts.ts'

/**
 * Search for tasks with precedence, transfers or releases on machines that run one at a time.
 *
 * Every constructive planner gives a start, and HEFT by prices, by clusters and on machines near each
 * other some more. Then annealing from the
 * best schedule, again and again and each time longer, by turns over orders alone (the decoder choosing machines)
 * and over orders and machines. Where machines are alike, orders alone reach every schedule worth having.
 */
export function* searchGraph(
  problem: Problem,
  options: PlanOptions,
): Generator<Schedule | undefined, void, void> {
  const bound = (options.lowerBound ?? 0) * (1 + 1e-12)
  const start = yield* bestStart(problem, options)
  if (start === undefined || problem.tasks.length === 0 || makespanOf(start) <= bound) return
  const priced = yield* pricedStarts(problem, start)
  const best = yield* nearStarts(problem, yield* clusteredStarts(problem, priced))
  if (makespanOf(best) <= bound) return
  const dag = dagOf(problem)
  const run = bestKeeper(best, makespanOf)
  const random = prng(options.seed, 2)
  yield* coolOnAndOn(dag, run, { random, bound, scale: () => run.value() })
}

/**
 * The same where the aim is a sum over tasks, from a schedule that is there. A step of the sum is
 * that of the schedule, by what a unit of time is worth.
 */
export function* searchLateness(
  problem: Problem,
  options: { readonly aim: Lateness; readonly incumbent: Schedule; readonly seed: number },
): Generator<Schedule | undefined, void, void> {
  const { aim, incumbent, seed } = options
  yield incumbent
  if (problem.tasks.length < 2) return
  const run = bestKeeper(incumbent, ({ end }) => latenessOf(aim, end))
  const worth = meanWeight(aim)
  const scale = () => worth * makespanOf(run.best())
  const random = prng(seed, 5)
  yield* coolOnAndOn(dagOf(problem), run, { random, bound: 0, scale, aim })
}

function* coolOnAndOn(
  dag: Dag,
  run: ReturnType<typeof bestKeeper>,
  how: {
    readonly random: Prng
    readonly bound: number
    readonly scale: () => number
    readonly aim?: Lateness
  },
): Generator<Schedule | undefined, void, void> {
  const { random, bound, aim } = how
  for (let round = 0, vain = 0; ; round += 1) {
    const plan = planOf(dag, run.best())
    run.keep(plan)
    const before = run.value()
    for (const better of annealDag(dag, plan, coolingOf(dag, how.scale(), { round, vain }), {
      random,
      below: value => run.below(value, plan),
      ...(aim && { aim }),
    })) {
      yield better ? run.best() : undefined
      if (run.value() <= bound) return
    }
    vain = run.value() < before ? 0 : vain + 1
  }
}

/** Coolings in a row without a better schedule, before the next ones begin hotter. */
const patience = 3

/**
 * A descent first. Then coolings from a third of a mean step of the schedule down to where nothing
 * moves; most over orders and machines together, some over orders alone. What no cooling gets out
 * of is left by hotter ones (reheating): where transfers take ten times as long as work, 100 tasks
 * came to a tenth less in as many steps, and graphs without transfers to the same.
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

function bestKeeper(start: Schedule, measure: (schedule: Schedule) => number) {
  let schedule = start
  let least = measure(start)
  const keep = (plan: DagPlan): boolean => {
    const value = measure(plan)
    if (value >= least) return false
    least = value
    schedule = scheduleOfPlan(plan)
    return true
  }
  return {
    keep,
    // What was added up move by move is not quite what it is.
    below: (value: number, plan: DagPlan) => value < least && keep(plan),
    best: () => schedule,
    value: () => least,
  }
}
