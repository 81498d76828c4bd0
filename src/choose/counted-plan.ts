import type { Problem } from '../model/problem.ts'
import { type PlanOutcome, type PlanRequest, planProblem } from './plan-problem.ts'
import { compareScores, scoreSchedule } from './objective.ts'
import { proveBound } from './prove.ts'

/**
 * A plan within about so many milliseconds that can be repeated all the same: its steps are counted.
 * Short plans tell how many steps there is time for; the best of them is the answer. What a solver
 * does depends on a clock and is not counted: 0.
 */
export async function countedPlan(
  problem: Problem,
  request: Omit<PlanRequest, 'spending'>,
  ms: number,
): Promise<CountedPlan> {
  const { objective = 'makespan', strategy } = request
  const began = performance.now()
  if (strategy.kind === 'solver') {
    const plan = await planProblem(problem, { ...request, spending: { kind: 'time', ms } })
    return { plan, steps: 0 }
  }
  const searches = strategy.searches === true || strategy.kind === 'choice'
  const proof = request.proof ?? proveBound(problem)
  const scoreOf = ({ plan }: CountedPlan) => scoreSchedule(problem, plan.schedule, objective)
  const isLarge = problem.tasks.length * problem.machines.length > large
  let best: CountedPlan | undefined
  for (let steps = isLarge ? 1 : 64; ; ) {
    const before = performance.now()
    const plan = await planProblem(problem, {
      ...request,
      proof,
      spending: { kind: 'steps', steps },
    })
    const found = { plan, steps }
    if (best === undefined || compareScores(scoreOf(found), scoreOf(best)) < 0) best = found
    const now = performance.now()
    const room = (ms - (now - began)) / Math.max(0.1, now - before)
    if (!searches || plan.optimal || room < worthwhile) return best
    steps = Math.floor(steps * Math.min(4, room))
  }
}

type CountedPlan = { readonly plan: PlanOutcome; readonly steps: number }

/** With more processing times than this, trying every planner that builds one schedule takes too long. */
const large = 100_000
/** Each further plan gets this many times the steps of the one before. */
const worthwhile = 2
