import type { Problem } from '../model/problem.ts'
import { makespanOf, type Schedule } from '../model/schedule.ts'
import { type SettleOptions, settleGraph } from '../policy/bound/graph/settle.ts'
import { dagOf } from '../policy/planning/search/dag.ts'

/**
 * A search with exhaustion at its side, by turns: what one finds the other need not look for, and
 * where exhaustion ends the best known is proved. It settles most graphs of up to a hundred tasks
 * on machines alike within a second, and then gets every fourth turn. On machines unlike it settles
 * few tasks soon or many never, so there it gets less sooner.
 */
export function* settledBeside(
  problem: Problem,
  search: Generator<Schedule | undefined, void, void>,
  { proved, ...options }: SettleOptions & { readonly proved: () => void },
): Generator<Schedule | undefined, void, void> {
  const settling = settleGraph(problem, options)
  const { identical, tasks } = dagOf(problem)
  const few = tasks <= fewTasks
  const evenTurns = identical ? 1_000 : few ? 100 : 0
  const every = identical || few ? 4 : 16
  let searching = true
  for (let turn = 0, open = true; searching || open; turn += 1) {
    let found: Schedule | undefined
    if (searching) {
      const step = search.next()
      searching = step.done !== true
      if (!step.done) found = step.value
    }
    if (open && (!searching || turn <= evenTurns || turn % every === 0)) {
      const step = settling.next()
      open = step.done !== true
      if (!step.done) found = shorterOf(found, step.value)
      else if (step.value) proved()
    }
    yield found
  }
}

function shorterOf(a: Schedule | undefined, b: Schedule | undefined): Schedule | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return makespanOf(b) < makespanOf(a) ? b : a
}

/** On machines unlike exhaustion settles 15 tasks with transfers, and not 28. */
const fewTasks = 30
