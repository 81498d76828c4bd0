import type { Foretold } from '../../core/event.ts'
import type { Run } from '../../core/run.ts'
import type { State } from '../../core/state.ts'
import { type Hindsight, hindsightWith, MARKS, placeOf } from '../../policy/estimation/hindsight.ts'
import { playedLeft } from './forecast.ts'
import { progressOf } from './progress.ts'

/**
 * What is foretold of a run's end as it passes a mark of progress, to be judged when it has ended; `undefined`
 * between marks, and where nothing can be foretold, or not without a stage that nobody has seen run.
 */
export function dueForetold(state: State, run: Run): Foretold | undefined {
  if (run.state !== 'active') return undefined
  const share = progressOf(state, run)
  const mark = MARKS.findLastIndex(at => share >= at)
  if (mark <= (run.foretold.at(-1)?.mark ?? -1)) return undefined
  const { now: at } = state
  if (at - beganAt(state, run) < SHORTEST) return undefined
  const left = playedLeft(state, run)
  if (left === undefined || left.without !== undefined) return undefined
  const [low, expected, high] = [left.low, left.expected, left.high].map(Math.round)
  return { mark, at, low, expected, high }
}

/** Micros: nobody asks how long a run has to go that is over in no time, and a forecast takes some milliseconds. */
const SHORTEST = 1_000_000

function beganAt({ stages, now }: State, run: Run): number {
  const starts = run.stages.map(number => stages[number].firstStart).filter(start => start > 0)
  return Math.min(now, ...starts)
}

/** What is known once this run is done too; `undefined`: nothing was foretold of it. */
export function hindsightOf(
  { stages }: State,
  run: Run,
  before: Hindsight = run.hindsight,
): Hindsight | undefined {
  if (run.foretold.length === 0) return undefined
  const end = Math.max(...run.stages.map(number => stages[number].lastEnd))
  const places: number[] = []
  for (const told of run.foretold)
    places[told.mark] = placeOf(told, end - told.at - (run.rested - told.rested))
  return hindsightWith(before, places)
}
