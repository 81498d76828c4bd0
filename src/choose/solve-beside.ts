import type { Problem } from '../model/problem.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'
import { wholeLimit } from '../policy/bound/ascent.ts'
import { unrelatedOf, whyNotUnrelated } from '../policy/bound/unrelated.ts'
import { localSearch } from '../policy/planning/local-search.ts'
import { fillMilliseconds } from '../policy/planning/price-fill.ts'
import type { Solver } from '../port/solver.ts'
import { type Budget, isSpent } from './drive.ts'
import { lpBound, planLpRounding } from './lp-plan.ts'
import { type Member, memberOf } from './member.ts'
import { planMilp } from './milp-plan.ts'
import type { Proof } from './prove.ts'

/** Where the search on this thread and the solver on its own lay what they find. */
export function exchange(standing: Schedule) {
  let best = standing
  let by: string = localSearch.name
  const put = (found: Schedule | undefined, finder: string = localSearch.name): void => {
    if (found === undefined || makespanOf(found) >= makespanOf(best)) return
    best = found
    by = finder
  }
  return {
    best: () => best,
    by: () => by,
    put,
    *watch(steps: Generator<Schedule | undefined, void, void>) {
      for (const found of steps) {
        put(found)
        yield found
      }
    },
  }
}

type Exchange = ReturnType<typeof exchange>

type Beside = {
  readonly budget: Budget
  readonly table: Exchange
  readonly seed: number
  readonly improve: (found: Proof) => void
}

/** The rounded LP, then the program in whole tasks; of what is more than an assignment the bound alone. */
export async function solveBeside(
  problem: Problem,
  solver: Solver,
  { first, ...options }: Beside & { readonly first: Member | undefined },
): Promise<readonly Member[]> {
  const { budget, table, seed, improve } = options
  if (isTooLarge(problem)) return []
  if (whyNotUnrelated(problem) !== undefined) {
    const { value } = await lpBound(problem, solver, {
      timeLimitMs: partOf(budget, 1 / 4),
    })
    improve({ value, by: 'LP duals' })
    return []
  }
  const members = [first ?? (await roundBeside(problem, solver, options))]
  const timeLimitMs = budget.deadline - performance.now()
  if (isSpent(budget) || timeLimitMs < 2 * fillMilliseconds(unrelatedOf(problem))) return members
  const incumbent = table.best()
  const onImproved = (found: Schedule) => table.put(found, 'milp')
  const milp = await planMilp(problem, solver, {
    timeLimitMs,
    incumbent,
    seed,
    offered: table.best,
    onImproved,
  })
  improve({ value: milp.lowerBound, by: milp.optimal ? 'exhaustion' : 'LP duals' })
  return [...members, memberOf(problem, 'milp', milp.schedule)]
}

export async function roundBeside(
  problem: Problem,
  solver: Solver,
  { budget, table, improve }: Beside,
): Promise<Member> {
  const share = problem.tasks.length * problem.machines.length > wholeLimit ? 3 / 4 : 1 / 2
  const timeLimitMs = partOf(budget, share)
  const rounded = await planLpRounding(problem, solver, { timeLimitMs })
  improve({ value: rounded.lowerBound, by: 'LP duals' })
  table.put(rounded.schedule, 'lp-rounding')
  return memberOf(problem, 'lp-rounding', rounded.schedule)
}

/** Milliseconds of what is left, a tenth of a second at least where there is as much. */
function partOf(budget: Budget, share: number): number {
  const left = budget.deadline - performance.now()
  return Math.min(left, Math.max(100, share * left))
}

/**
 * Many tasks of each kind: their LP is small and its rounding as good as can be, while every step of a search
 * goes over all tasks. So the search waits for it.
 */
export function isOfFewKinds(problem: Problem): boolean {
  if (problem.tasks.length * problem.machines.length <= wholeLimit) return false
  if (whyNotUnrelated(problem) !== undefined) return false
  const { classes, machines } = unrelatedOf(problem)
  return classes * machines <= wholeLimit && 20 * classes <= problem.tasks.length
}

/** The LP's own preparation would take the thread from the search. Equal tasks count once there. */
function isTooLarge(problem: Problem): boolean {
  if (problem.tasks.length * problem.machines.length <= solverLimit) return false
  const { classes, machines } = unrelatedOf(problem)
  return classes * machines > solverLimit
}

const solverLimit = 1_000_000
