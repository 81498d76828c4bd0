import type { Problem } from '../model/problem.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'
import { wholeLimit } from '../policy/bound/ascent.ts'
import { toMakespan } from '../policy/bound/certified.ts'
import { combinatorialBound } from '../policy/bound/combinatorial.ts'
import { exhaustive } from '../policy/bound/exhaustive.ts'
import { refutedLimit, settleGraph } from '../policy/bound/graph/settle.ts'
import { climbFor } from '../policy/bound/climb.ts'
import { unrelatedOf, whyNotUnrelated } from '../policy/bound/unrelated.ts'
import { mct } from '../policy/planning/mct.ts'
import { scheduleOf } from '../policy/planning/assignment.ts'

/** A lower bound on every makespan of a problem, and the argument that proves it. */
export type Proof = { readonly value: number; readonly by: string }

/**
 * The best bound that needs no solver and no clock: critical path, loads and pigeonholes, then the
 * machine prices of the assignment LP, then exhaustion where the tasks are few. The passes fall with the
 * size, so that the bound of a problem never takes longer than a plan of it. `beforeSearch`: of independent
 * tasks too many for passes over all, prices are left to the search that follows, which proves them.
 */
export function proveBound(problem: Problem, { beforeSearch = false } = {}): Proof {
  const plain = whyNotUnrelated(problem) === undefined
  const view = unrelatedOf(problem)
  // Tasks that are equal are priced once; of a graph every task is looked at in what follows as well.
  const entries = (plain ? view.classes : view.tasks) * view.machines
  // Where none comes before or after another, prices fitted to all tasks at once are the best there are.
  const priced = plain && (beforeSearch || entries <= wholeLimit)
  const { value, name } = combinatorialBound(problem, { priced })
  const combinatorial: Proof = { value, by: name }
  if (entries === 0 || entries > wholeLimit) return combinatorial
  const passes = Math.min(600, Math.ceil(20_000_000 / entries))
  const climbed = toMakespan(view, climbFor(view, passes).value)
  const proved = best(combinatorial, { value: climbed, by: 'LP duals' })
  if (plain && problem.tasks.length > exhaustible) return proved
  const [incumbent] = mct.plan(problem, { seed: 1 })
  if (!incumbent) return proved
  if (!plain) return boundOfGraph(problem, proved, incumbent)
  const settled = settle(problem, incumbent)
  return settled ? best(proved, settled.proof) : proved
}

/** What no schedule of a graph can end by, at a first look; where the tasks are few, at the last. */
function boundOfGraph(problem: Problem, proved: Proof, incumbent: Schedule): Proof {
  const refuted = refutedLimit(problem, { from: proved.value, to: makespanOf(incumbent) })
  const looked = best(proved, { value: refuted, by: 'exhaustion' })
  if (problem.tasks.length > exhaustible) return looked
  const settling = settleGraph(problem, { incumbent })
  let least = makespanOf(incumbent)
  for (let step = 0; step < graphSteps; step += 1) {
    const next = settling.next()
    if (next.done) return next.value ? best(looked, { value: least, by: 'exhaustion' }) : looked
    if (next.value) least = makespanOf(next.value)
  }
  return looked
}

/**
 * Settles a few independent tasks by exhaustion, starting from a schedule: the optimum, or
 * `undefined` where the problem is another or the nodes did not suffice.
 */
export function settle(problem: Problem, incumbent: Schedule): Settled | undefined {
  if (problem.tasks.length > exhaustible || problem.tasks.length === 0) return undefined
  if (whyNotUnrelated(problem) !== undefined) return undefined
  const view = unrelatedOf(problem)
  const { lambda } = climbFor(view, 200)
  const found = exhaustive(view, { nodes, lambda, incumbent: incumbent.machine })
  if (!found.proved) return undefined
  const schedule = scheduleOf(problem, found.assignment)
  return { schedule, proof: { value: makespanOf(schedule), by: 'exhaustion' } }
}

type Settled = { readonly schedule: Schedule; readonly proof: Proof }

export function best(a: Proof, b: Proof): Proof {
  return b.value > a.value ? b : a
}

/** Whether the makespan meets the bound, up to rounding of sums taken in another order. */
export function meets(makespan: number, bound: number): boolean {
  return makespan <= bound * (1 + 1e-12)
}

const exhaustible = 24
const nodes = 300_000
/** Some hundredths of a second. */
const graphSteps = 40
