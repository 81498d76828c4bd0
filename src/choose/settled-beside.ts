import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { type SettleOptions, settleGraph } from '../policy/bound/graph/settle.ts'

/**
 * A search with exhaustion at its side, by turns: what one finds the other need not look for, and where
 * exhaustion ends the best known is proved. It settles most graphs of up to a hundred tasks on machines
 * alike within a second, or it seldom does, so after a while it gets every fourth turn only.
 */
export function* settledBeside(
  problem: Problem,
  search: Generator<Schedule | undefined, void, void>,
  { proved, ...options }: SettleOptions & { readonly proved: () => void },
): Generator<Schedule | undefined, void, void> {
  const settling = settleGraph(problem, options)
  let searching = true
  for (let turn = 0, open = true; searching || open; turn += 1) {
    if (searching) {
      const step = search.next()
      searching = step.done !== true
      if (!step.done) yield step.value
    }
    if (!open || (searching && turn > evenTurns && turn % 4 > 0)) continue
    const step = settling.next()
    open = step.done !== true
    if (!step.done) yield step.value
    else if (step.value) {
      proved()
      yield undefined
    }
  }
}

const evenTurns = 1_000
