import type { Problem } from '../../../model/problem.ts'
import { makespanOf, type Schedule } from '../../../model/schedule.ts'
import { dagOf } from '../../planning/search/dag.ts'
import { planOf } from '../../planning/search/dag-decode.ts'
import { scheduleOfPlan } from '../../planning/search/dag-plan.ts'
import { descend } from './descent.ts'
import { nothingPlaced, type Begun } from './partial.ts'
import { isOpen, prospectOf } from './prospect.ts'
import { graphViewOf, mirrored } from './view.ts'

/**
 * Settles a graph: is there a schedule better than the best known? Both from its beginning and from
 * its end, by turns, for what is hard to see from one side is often plain from the other. What is
 * found becomes the best known, and the question is asked again; once the answer is no, the best
 * known is optimal. (Destructive bounds: Klein and Scholl 1999.) Deterministic.
 *
 * Yields every millisecond or so, better schedules as they are found; returns whether the best
 * known is proved optimal. Differences below a relative 1e-12 count as ties.
 */
export function* settleGraph(
  problem: Problem,
  { incumbent, offered }: SettleOptions,
): Generator<Schedule | undefined, boolean, void> {
  const forward = graphViewOf(problem)
  if (!forward) return false
  const backward = mirrored(forward)
  const views = backward ? [forward, backward] : [forward]
  let best = incumbent
  for (;;) {
    const limit = below(makespanOf(best), forward.whole)
    const searches = views.map(view => descend(view, limit))
    const answer = yield* firstAnswer(searches, () => {
      const other = offered?.()
      return other !== undefined && makespanOf(other) <= limit
    })
    if (answer.kind === 'none') return true
    const found =
      answer.kind === 'found'
        ? scheduleOf(problem, answer.partial, views[answer.by] !== forward)
        : offered?.()
    // Rounding can make a schedule that was read backwards as long as the one before.
    if (found === undefined || makespanOf(found) >= makespanOf(best)) return false
    best = found
    yield best
  }
}

export type SettleOptions = {
  readonly incumbent: Schedule
  /** The best that others working beside have found so far. */
  readonly offered?: () => Schedule | undefined
}

/**
 * A makespan that no schedule is below, between `from`, which is proved, and `to`: halving, the
 * greatest that a first look at an empty schedule refutes.
 */
export function refutedLimit(problem: Problem, { from, to }: { from: number; to: number }): number {
  const view = graphViewOf(problem)
  if (!view || from >= to) return from
  const empty = nothingPlaced(view)
  let [low, high] = [from, to]
  while (view.whole ? high - low >= 1 : high > low * (1 + 1e-6)) {
    const middle = (low + high) / 2
    const limit = view.whole ? Math.floor(middle) : middle
    if (isOpen(prospectOf(view, limit), empty)) high = limit
    else low = view.whole ? limit + 1 : limit
  }
  return low
}

function below(makespan: number, whole: boolean): number {
  return whole ? makespan - 1 : makespan * (1 - 1e-12)
}

type Answer =
  | { readonly kind: 'found'; readonly partial: Begun; readonly by: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'offered' }

function* firstAnswer(
  searches: readonly Generator<undefined, Begun | undefined, void>[],
  isOffered: () => boolean,
): Generator<undefined, Answer, void> {
  for (;;) {
    for (const [by, search] of searches.entries()) {
      const step = search.next()
      if (step.done) {
        return step.value ? { kind: 'found', partial: step.value, by } : { kind: 'none' }
      }
      yield undefined
    }
    if (isOffered()) return { kind: 'offered' }
  }
}

/** Machines by name again, and everything as early as the order allows. */
function scheduleOf(problem: Problem, partial: Begun, backwards: boolean): Schedule {
  const machine = machinesOf(partial)
  const length = partial.end.reduce((most, end) => Math.max(most, end), 0)
  const start = backwards ? partial.end.map(end => length - end) : partial.start.slice()
  const end = backwards ? partial.start.map(begin => length - begin) : partial.end.slice()
  return scheduleOfPlan(planOf(dagOf(problem), { machine, start, end }))
}

/** Of the machines of its class each task gets the one that has been free for the least time. */
function machinesOf({ view, start, end, on }: Begun): Int32Array {
  const machine = new Int32Array(view.tasks)
  const free = view.members.map(members => members.map(() => 0))
  const byStart = [...start.keys()].sort((a, b) => start[a] - start[b] || end[a] - end[b])
  for (const task of byStart) {
    const ends = free[on[task]]
    let chosen = 0
    for (const [at, time] of ends.entries()) {
      if (time > start[task]) continue
      if (ends[chosen] > start[task] || time > ends[chosen]) chosen = at
    }
    ends[chosen] = end[task]
    machine[task] = view.members[on[task]][chosen]
  }
  return machine
}
