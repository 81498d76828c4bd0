import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import { underwayFirst } from '../policy/planning/underway.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'
import { wholeLimit } from '../policy/bound/ascent.ts'
import { unrelatedOf, whyNotUnrelated } from '../policy/bound/unrelated.ts'
import { canCompareAll } from '../policy/planning/search/starts.ts'
import { fillMilliseconds } from '../policy/planning/price-fill.ts'
import { localSearch } from '../policy/planning/local-search.ts'
import type { Planner } from '../policy/planning/planner.ts'
import type { Solver } from '../port/solver.ts'
import { onlineCandidates } from './candidates.ts'
import { type Budget, drive, isSpent, isStopped, stepsAhead } from './drive.ts'
import { lpBound, planLpRounding } from './lp-plan.ts'
import { planOnline } from './online-plan.ts'
import { planMilp } from './milp-plan.ts'
import { compareScores, scoreSchedule } from './objective.ts'
import { best, meets, type Proof, settle } from './prove.ts'
import { settledBeside } from './settled-beside.ts'
import { constructivePlanners } from './strategies.ts'

/**
 * All that is cheap first, then a search from the best of it, with the solver beside it (the
 * rounded LP, then the program in whole tasks): the schedule can then be no worse than any
 * constructive member, and the time goes where the bound says there is something left. Ends early
 * once the bound is met.
 *
 * With a budget in steps the solver stays out: what it finds depends on a clock.
 */
export async function planPortfolio(
  problem: Problem,
  options: PortfolioOptions,
): Promise<Portfolio> {
  const { seed, budget, solver, uncertain } = options
  const proved = options.proof
  const bound = uncertain ? Number.NEGATIVE_INFINITY : proved.value
  const members = await constructAll(problem, { seed, budget, bound })
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
    return { ...winner, proof: best(proved, settled.proof), members }
  }
  const proof = { current: proved }
  const reached = (makespan: number) => meets(makespan, proof.current.value)
  if (reached(standing.makespan) || isSpent(budget)) {
    return { ...standing, proof: proved, members }
  }
  const shared = { seed, incumbent: standing.schedule, lowerBound: proved.value }
  const improve = (found: Proof) => {
    proof.current = best(proof.current, found)
  }
  const table = exchange(standing.schedule)
  const search = localSearch.plan(problem, {
    ...shared,
    proved: value => improve({ value, by: 'LP duals' }),
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
  const timed = Number.isFinite(budget.deadline) ? solver : undefined
  const beside = { budget, table, seed, improve }
  const first =
    timed && isOfFewKinds(problem) ? await roundBeside(problem, timed, beside) : undefined
  const solving = timed ? solveBeside(problem, timed, { ...beside, first }) : Promise.resolve([])
  // Heard of here where the search ends first, or below: what was never waited for would end the process.
  solving.catch(() => undefined)
  const searched = await drive(table.watch(steps), budget, reached)
  if (searched) members.push(memberOf(problem, localSearch.name, searched))
  members.push(
    ...(isStopped(budget) ? [memberOf(problem, table.by(), table.best())] : await solving),
  )
  return { ...leaderOf(members), proof: proof.current, members }
}

/** Where the search on this thread and the solver on its own lay what they find. */
function exchange(standing: Schedule) {
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

export type PortfolioOptions = {
  readonly seed: number
  readonly budget: Budget
  readonly solver?: Solver
  readonly proof: Proof
  /** Durations will stray: of schedules that are equal on paper, one may still be the better. */
  readonly uncertain?: boolean
}

export type Member = {
  readonly name: string
  /** Under the objective asked for: less is better. */
  readonly value: number
  readonly makespan: number
  readonly schedule: Schedule
}

/**
 * The best member, the proof beside it, and what every member gave, in the order they were tried.
 */
export type Portfolio = Member & { readonly proof: Proof; readonly members: readonly Member[] }

export function memberOf(
  problem: Problem,
  name: string,
  schedule: Schedule,
  objective: Objective = 'makespan',
): Member {
  const real = underwayFirst(problem, schedule)
  return { name, schedule: real, ...scoreSchedule(problem, real, objective) }
}

/** The first of the best. */
export function leaderOf(members: readonly Member[]): Member {
  return members.reduce((a, b) => (compareScores(b, a) < 0 ? b : a))
}

/**
 * What every planner that builds one schedule makes of it, until time is out or the bound is met.
 */
export async function constructAll(
  problem: Problem,
  options: { seed: number; budget: Budget; bound: number; objective?: Objective },
): Promise<Member[]> {
  const { seed, budget, bound, objective = 'makespan' } = options
  const members: Member[] = []
  const left = budget.deadline - performance.now()
  const entries = problem.tasks.length * problem.machines.length
  const share = entries > hugeEntries ? hugeSearchShare : searchShare
  const until = Number.isFinite(left) ? budget.deadline - share * left : budget.deadline
  const prompt = problem.tasks.length * entries <= promptLimit
  let quickest = 0
  for (const planner of quickestFirst(problem)) {
    if (planner.refuses?.(problem) !== undefined) continue
    if (comparesAll.has(planner.name) && !canCompareAll(problem)) continue
    const before = performance.now()
    if (members.length > 0 && budget.deadline - before < entries * slowest) break
    if (members.length > 0 && !prompt && before + (dearness[planner.name] ?? 1) * quickest > until)
      continue
    const schedule = await drive(planner.plan(problem, { seed }), budget)
    if (schedule) members.push(memberOf(problem, planner.name, schedule, objective))
    if (members.length === 0) continue
    if (members.length === 1) quickest = performance.now() - before
    if (budget.stepsLeft <= 0 || meets(leaderOf(members).value, bound)) break
  }
  return members
}

/**
 * What the online rules make of tasks that wait for each other or share machines: placing them as
 * they become ready, they do better than plans in some order now and then, and on graphs of many
 * thousand tasks no search makes up for that. All of them where the tasks are few.
 */
function ruled(problem: Problem, seed: number, budget: Budget): Member[] {
  const members: Member[] = []
  const shared = problem.machines.some(({ capacity }) => capacity !== undefined)
  const few = problem.tasks.length <= fewToRule
  const others = few ? onlineCandidates(problem, 'makespan', 'fifo') : []
  const first = shared ? bestWhereShared : bestOnGraph
  const rules = [
    ...first,
    ...others.filter(({ strategy }) => first.every(r => r.strategy !== strategy)),
  ]
  const until = performance.now() + (budget.deadline - performance.now()) * ruledShare
  for (const { strategy, order } of rules) {
    const ms = problem.tasks.length * simulatedTask
    if (isSpent(budget) || budget.deadline - performance.now() < 4 * ms) break
    if (members.length >= first.length && performance.now() > until) break
    const planned = constructivePlanners.some(({ name }) => name === strategy)
    const online = planned ? `${strategy}, online` : strategy
    const name = order === 'fifo' ? online : `${strategy} in ${order} order`
    members.push(memberOf(problem, name, planOnline(problem, strategy, seed, order)))
  }
  return members
}

const bestOnGraph = [
  { strategy: 'mct', order: 'fifo' },
  { strategy: 'mct', order: 'critical-path' },
]
/** Whoever waits until a machine has room does better than what queues at one. */
const bestWhereShared = [
  { strategy: 'best-fit', order: 'fifo' },
  { strategy: 'best-fit', order: 'critical-path' },
  { strategy: 'on-demand', order: 'fifo' },
]

const fewToRule = 5_000
/** Of the time that is left, for the rules beyond the best. */
const ruledShare = 0.1
/** Milliseconds of a simulation. */
const simulatedTask = 0.015

/**
 * Earliest completion serves any problem and takes least: it is there however little time there is.
 * Then those that are most often the best of them: a busy box must not cut them off.
 */
function quickestFirst({ edges }: Problem): readonly Planner[] {
  const first = edges.from.length > 0 ? bestOnGraphs : bestOfIndependent
  const rank = ({ name }: Planner) => (first.includes(name) ? first.indexOf(name) : first.length)
  return constructivePlanners.toSorted((a, b) => rank(a) - rank(b))
}

const bestOnGraphs: readonly string[] = ['mct', 'met', 'heft', 'peft', 'cpop']
const bestOfIndependent: readonly string[] = ['mct', 'heft', 'lpt', 'sufferage', 'min-min']

/** Batch-mode heuristics look at every ready task at every step: quadratic. */
const comparesAll = new Set(['min-min', 'max-min', 'sufferage'])
/** Milliseconds per task and machine that the slowest takes; none can be stopped half way. */
const slowest = 1e-4
/** Up to here all of them together take less than a tenth of a second, even with no time given. */
const promptLimit = 1_000_000
/** Of the time that earliest completion takes, on 100,000 tasks; those not named take less. */
const dearness: Readonly<Record<string, number>> = { heft: 4, lpt: 3, peft: 16, cpop: 24 }
/** What is left of the time for the search that follows. */
const searchShare = 0.75
/** Where prices take seconds, and give far more than another way to build a schedule does. */
const hugeEntries = 1_000_000
const hugeSearchShare = 0.9

type Beside = {
  readonly budget: Budget
  readonly table: Exchange
  readonly seed: number
  readonly improve: (found: Proof) => void
}

async function solveBeside(
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

async function roundBeside(
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
function isOfFewKinds(problem: Problem): boolean {
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
