import type { Hindsight } from '../../policy/estimation/hindsight.ts'
import type { Foretold } from '../event.ts'
import type { Run } from '../run.ts'

/** What is known of earlier runs' forecasts becomes the run's own. */
export function lookBack(run: Run, hindsight: Hindsight): void {
  run.hindsight = hindsight
  run.foretold.length = 0
}

/** One for each mark, in order. */
export function noteForetold(run: Run, { mark, at, low, expected, high }: Foretold): void {
  const last = run.foretold.at(-1)
  if (last !== undefined && last.mark >= mark) return
  run.foretold.push({ mark, at, low, expected, high, rested: run.rested })
}
