import type { Objective } from '../model/job.ts'
import type { Problem } from '../model/problem.ts'
import type { Planner } from '../policy/planning/planner.ts'
import { priced } from '../policy/planning/priced.ts'
import { risingPrices } from '../policy/planning/rising-prices.ts'
import { comparingMs } from '../policy/planning/search/starts.ts'
import { fewTasks, onlineCandidates } from './candidates.ts'
import { type Budget, drive, isSpent, isStopped } from './drive.ts'
import { leaderOf, type Member, memberOf } from './member.ts'
import { planOnline } from './online-plan.ts'
import { meets } from './prove.ts'
import { isSequences } from './sequences.ts'
import { constructivePlanners } from './strategies.ts'

/**
 * What every planner that builds one schedule makes of it, until time is out or the bound is met. What takes
 * some hundredths of a second is tried whatever the clock says, and however few steps there are: no time, or
 * a busy box, must not cost a tenth of the makespan.
 */
export async function constructAll(problem: Problem, options: ConstructOptions): Promise<Member[]> {
  const { seed, budget, bound, proved, objective = 'makespan' } = options
  const members: Member[] = []
  const left = budget.deadline - performance.now()
  const entries = problem.tasks.length * problem.machines.length
  const timed = Number.isFinite(left)
  const likely = objective === 'mean-flow-time' ? likeliestForFlow : likeliest
  const comparing = comparingMs(problem)
  const isTooLong = ({ name }: Planner, before: number): boolean => {
    if (!timed) return comparesAll.has(name) && comparing > patientMs
    const share =
      entries > hugeEntries ? hugeSearchShare : name === likely ? likeliestShare : searchShare
    const expected = comparesAll.has(name) ? comparing : (dearness[name] ?? 1) * quickest
    return before + expected > budget.deadline - share * left
  }
  const isPrompt = promptIn(problem, objective)
  let quickest = 0
  for (const planner of quickestFirst(problem)) {
    if (planner.refuses?.(problem) !== undefined) continue
    const before = performance.now()
    const mayWait = members.length > 0 && !isPrompt(planner)
    if (mayWait) {
      if (blind.has(planner.name)) continue
      if (budget.deadline - before < entries * slowest) continue
      if (isTooLong(planner, before)) continue
    }
    const hurry = mayWait && timed ? () => isSpent(budget) : undefined
    const schedule = await drive(planner.plan(problem, { seed, proved, hurry }), budget)
    if (schedule) members.push(memberOf(problem, planner.name, schedule, objective))
    if (members.length === 0) continue
    if (members.length === 1) quickest = performance.now() - before
    if (isStopped(budget) || (budget.stepsLeft <= 0 && !areAllPrompt(problem))) break
    if (meets(leaderOf(members).value, bound)) break
  }
  return members
}

type ConstructOptions = {
  readonly seed: number
  readonly budget: Budget
  /** A value of the objective that nothing can be below. */
  readonly bound: number
  readonly objective?: Objective
  /** Told of lower bounds on the makespan that are proved on the way. */
  readonly proved?: (lowerBound: number) => void
}

/** Planners that take some hundredths of a second, and those most often the best if they take a tenth. */
function promptIn(problem: Problem, objective: Objective): (planner: Planner) => boolean {
  const { tasks, times } = problem
  const pairs = tasks.length * times.length
  if (areAllPrompt(problem)) return () => true
  const flows = ({ name }: Planner) =>
    objective === 'mean-flow-time' && name === likeliestForFlow && comparingMs(problem) <= patientMs
  if (isShared(problem))
    return planner =>
      flows(planner) || (pairs <= promptSharedPairs && bestPlannedWhereShared.has(planner.name))
  return planner =>
    planner === risingPrices ||
    planner === priced ||
    (comparesAll.has(planner.name)
      ? flows(planner)
      : (dearness[planner.name] ?? 1) * times.length <= promptEntries)
}

/** All of them together take less than a tenth of a second. */
const areAllPrompt = ({ tasks, times }: Problem): boolean =>
  tasks.length * times.length <= promptLimit

const isShared = ({ machines }: Problem): boolean =>
  machines.some(({ capacity }) => capacity !== undefined)

/**
 * Whether the rules simulated so far leave it to the clock whether another is: all that serve are tried where
 * tasks are few. Of independent tasks plans have queues in their best order already: beyond the likeliest rules
 * hardly one is better.
 */
export function isOutOfTime(problem: Problem, simulated: number, budget: Budget): boolean {
  if (isStopped(budget)) return true
  const isUnlikely = isSequences(problem) && simulated >= likelyRules
  const most = isUnlikely ? simulatedWherePlansDo : simulatedAtOnce
  return isSpent(budget) && (simulated + 1) * simulatedWork(problem) > most
}

/** Counted in classes of like tasks: every start looks at each class that waits. */
function simulatedWork({ tasks }: Problem): number {
  const kinds = new Set(tasks.map(({ needs }) => needs && JSON.stringify(needs))).size
  return tasks.length * (1 + kinds / kindsAsATask)
}

const kindsAsATask = 50
/** Tasks simulated in all; takes about two tenths of a second. */
const simulatedAtOnce = 15_000
const simulatedWherePlansDo = 1_500
/** Of independent tasks with release dates these two come out best; after two more nothing is gained. */
const likelyRules = 2

/**
 * What the online rules make of tasks that wait for each other or share machines: placing them as
 * they become ready, they do better than plans in some order now and then, and on graphs of many
 * thousand tasks no search makes up for that. All of them where the tasks are few.
 */
export function ruled(problem: Problem, seed: number, budget: Budget): Member[] {
  const members: Member[] = []
  const few = problem.tasks.length <= fewToRule
  const only = problem.tasks.length <= fewTasks ? undefined : 'fifo'
  const others = few ? onlineCandidates(problem, 'makespan', only) : []
  const first = isShared(problem) ? bestWhereShared : bestOnGraph
  const rules = [
    ...first,
    ...others.filter(rule => !first.some(known => isSame(known, rule, only))),
  ]
  const until = performance.now() + (budget.deadline - performance.now()) * ruledShare
  const spare = 4 * simulatedWork(problem) * simulatedTask
  // The search that follows makes better use of the time that is left.
  const atOnce = isSpent(budget)
  for (const { strategy, order } of rules) {
    const last = {
      ...budget,
      deadline: members.length < first.length ? budget.deadline - spare : until,
    }
    if (atOnce ? isOutOfTime(problem, members.length, budget) : isSpent(last)) break
    const planned = constructivePlanners.some(({ name }) => name === strategy)
    const online = planned ? `${strategy}, online` : strategy
    const name = order === 'fifo' ? online : `${strategy} in ${order} order`
    members.push(memberOf(problem, name, planOnline(problem, strategy, seed, order)))
  }
  return members
}

type Rule = { readonly strategy: string; readonly order: string }

/** Where one order stands for all, a rule that was tried is not tried again. */
const isSame = (a: Rule, b: Rule, only: string | undefined): boolean =>
  a.strategy === b.strategy && (only !== undefined || a.order === b.order)

const bestOnGraph = [
  { strategy: 'mct', order: 'fifo' },
  { strategy: 'mct', order: 'critical-path' },
]
/** Strategies that wait until a machine has room do better than those that queue at one. */
const bestWhereShared = [
  { strategy: 'best-fit', order: 'fifo' },
  { strategy: 'best-fit', order: 'critical-path' },
  { strategy: 'on-demand', order: 'fifo' },
]

const fewToRule = 5_000
/** Share of the remaining time for the rules beyond the best ones. */
const ruledShare = 0.1
/** Estimated milliseconds of a simulation. */
const simulatedTask = 0.015

/**
 * Earliest completion serves any problem and takes least: it is there however little time there is.
 * Then those that are most often the best of them: a busy box must not cut them off.
 */
function quickestFirst({ edges }: Problem): readonly Planner[] {
  const first = edges.from.length > 0 ? bestOnGraphs : bestOfIndependent
  const rank = ({ name }: Planner) => (first.includes(name) ? first.indexOf(name) : first.length)
  return [...constructivePlanners, priced, risingPrices].toSorted((a, b) => rank(a) - rank(b))
}

/** The planners that most often turn out best. */
const likeliest = 'heft'
const likeliestForFlow = 'min-min'
const bestOnGraphs: readonly string[] = ['mct', likeliest, 'met', 'peft', 'cpop']
const bestOfIndependent: readonly string[] = [
  'mct',
  priced.name,
  risingPrices.name,
  likeliest,
  'lpt',
  'sufferage',
  'min-min',
]

/** Batch-mode heuristics look at every ready task at every step: quadratic. */
const comparesAll = new Set(['min-min', 'max-min', 'sufferage'])
/** These ignore processing times: with many tasks their schedules are never worth taking. */
const blind = new Set(['random', 'round-robin'])
/** Milliseconds per task and machine that the slowest planner takes; none can be stopped half way. */
const slowest = 1e-4
const promptLimit = 1_000_000
/** Per task, predecessor and machine: planners that look for gaps between tasks already placed. */
const promptSharedPairs = 40_000_000
const bestPlannedWhereShared = new Set(['heft', 'lpt', 'peft'])
/**
 * Limit for a planner that compares all pairs: under mean flow time, where no quicker one comes near, or where
 * steps are counted.
 */
const patientMs = 500
/** Limit for a planner that looks once at each pair of task and machine. */
const promptEntries = 1_600_000
/** As a multiple of what earliest completion takes, on 100,000 tasks; planners not named take less. */
const dearness: Readonly<Record<string, number>> = { heft: 4, lpt: 3, peft: 16, cpop: 24 }
/** Share of the time left for the search that follows. */
const searchShare = 0.75
/**
 * The likeliest planner may leave the search less: on a busy box a search from a worse start cannot make up for
 * it.
 */
const likeliestShare = 0.25
/** Where prices take seconds, and give far more than another way to build a schedule does. */
const hugeEntries = 1_000_000
const hugeSearchShare = 0.9
