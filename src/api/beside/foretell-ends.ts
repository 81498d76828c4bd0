import { liveRuns } from '../../core/live.ts'
import type { State } from '../../core/state.ts'
import type { Loop } from '../../driver/loop.ts'
import { dueForetold } from '../forecast/foretell.ts'

/**
 * Answers what looks, after a step, whether a run has passed a mark of progress, and then notes in its journal what
 * is foretold of its end. Looking takes a twentieth of the time at most, however many runs there are. Where it fails
 * it is not done again, and that is told: the run goes on without.
 */
export function foretellEnds(state: State, { send }: Pick<Loop, 'send'>): () => void {
  let restsUntil = 0
  const look = (): void => {
    const { numbers, count } = liveRuns(state)
    for (let at = 0; at < count; at += 1) {
      const run = state.runs[numbers[at]]
      const foretold = dueForetold(state, run)
      if (foretold !== undefined) send({ kind: 'foretold', run: run.number, ...foretold })
    }
  }
  return () => {
    const began = performance.now()
    if (began < restsUntil) return
    try {
      look()
      const ended = performance.now()
      restsUntil = ended + Math.max(LEAST, 20 * (ended - began))
    } catch (error) {
      restsUntil = Number.POSITIVE_INFINITY
      process.emitWarning(`ends are not foretold: ${(error as Error).message}`, 'DrayForecast')
    }
  }
}

/** Milliseconds. */
const LEAST = 50
