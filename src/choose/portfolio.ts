import type { Problem } from '../model/problem.ts'
import { makespanOf } from '../model/schedule.ts'
import { whyNotUnrelated } from '../policy/bound/unrelated.ts'
import { localSearch } from '../policy/planning/local-search.ts'
import type { Solver } from '../port/solver.ts'
import { constructAll, ruled } from './construct.ts'
import { type Budget, drive, isSpent, isStopped, stepsAhead, withSlice } from './drive.ts'
import { leaderOf, type Member, memberOf } from './member.ts'
import { best, meets, type Proof, settle } from './prove.ts'
import { settledBeside } from './settled-beside.ts'
import { exchange, isOfFewKinds, roundBeside, solveBeside } from './solve-beside.ts'

/**
 * All that is cheap first, then a search from the best of it, with the solver beside it (the
 * rounded LP, then the program in whole tasks): the schedule can then be no worse than any
 * constructive member, and the time goes where the bound says there is something left. Ends early
 * once the bound is met.
 *
 * With a budget in steps the solver stays out: what it finds depends on a clock. The search has all the steps
 * that it would have alone.
 */
export async function planPortfolio(
  problem: Problem,
  options: PortfolioOptions,
): Promise<Portfolio> {
  const { seed, solver, uncertain } = options
  let { budget } = options
  const bound = uncertain ? Number.NEGATIVE_INFINITY : options.proof.value
  const proof = { current: options.proof }
  const improve = (found: Proof) => {
    proof.current = best(proof.current, found)
  }
  const proveByPrices = (value: number) => improve({ value, by: 'LP duals' })
  const { stepsLeft: given } = budget
  const members = await constructAll(problem, { seed, budget, bound, proved: proveByPrices })
  const waits = whyNotUnrelated(problem) !== undefined
  if (waits && !meets(leaderOf(members).makespan, bound)) {
    members.push(...ruled(problem, seed, budget))
  }
  const standing = leaderOf(members)
  const settled = settle(problem, standing.schedule)
  if (settled) {
    const winner = meets(standing.makespan, settled.proof.value)
      ? standing
      : memberOf(problem, 'exhaustion', settled.schedule)
    return { ...winner, proof: best(proof.current, settled.proof), members }
  }
  // Starting the solver's thread takes longer than a slice of the search.
  const inTime = Number.isFinite(budget.deadline) && !isSpent(budget)
  budget = withSlice(budget, problem)
  if (budget.stepsLeft > 0) budget.stepsLeft = given
  const reached = (makespan: number) => meets(makespan, proof.current.value)
  if (reached(standing.makespan) || isSpent(budget)) {
    return { ...standing, proof: proof.current, members }
  }
  const shared = { seed, incumbent: standing.schedule, lowerBound: proof.current.value }
  const table = exchange(standing.schedule)
  const search = localSearch.plan(problem, {
    ...shared,
    proved: proveByPrices,
    offered: table.best,
    stepsAhead: () => stepsAhead(budget),
  })
  const steps =
    whyNotUnrelated(problem) === undefined
      ? search
      : settledBeside(problem, search, {
          incumbent: standing.schedule,
          offered: table.best,
          proved: () => improve({ value: makespanOf(table.best()), by: 'exhaustion' }),
        })
  const timed = inTime ? solver : undefined
  const beside = { budget, table, seed, improve }
  const first =
    timed && isOfFewKinds(problem) ? await roundBeside(problem, timed, beside) : undefined
  const solving = timed ? solveBeside(problem, timed, { ...beside, first }) : Promise.resolve([])
  // Handled here if the search ends first, else below: an unhandled rejection would end the process.
  solving.catch(() => undefined)
  const searched = await drive(table.watch(steps), budget, reached)
  if (searched) members.push(memberOf(problem, localSearch.name, searched))
  members.push(
    ...(isStopped(budget) ? [memberOf(problem, table.by(), table.best())] : await solving),
  )
  return { ...leaderOf(members), proof: proof.current, members }
}

export type PortfolioOptions = {
  readonly seed: number
  readonly budget: Budget
  readonly solver?: Solver
  readonly proof: Proof
  /** Durations will vary: of schedules that are equal on paper, one may still be better in a run. */
  readonly uncertain?: boolean
}

/**
 * The best member, the proof beside it, and what every member gave, in the order they were tried.
 */
export type Portfolio = Member & { readonly proof: Proof; readonly members: readonly Member[] }
