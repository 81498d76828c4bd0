import { type Forecast, timeLeft } from '../api/forecast/forecast.ts'
import { nowOf } from '../api/now.ts'
import type { Summary } from '../api/summary.ts'
import type { Run } from '../core/run.ts'
import type { State } from '../core/state.ts'
import { formatDuration, plural } from '../std/units.ts'

/** "34.1 s, without 2 h 3 min in which it lay still". */
export function tookInWords({
  seconds,
  restedSeconds,
}: Pick<Summary, 'seconds' | 'restedSeconds'>): string {
  const worked = formatDuration(Math.max(0, seconds - restedSeconds) * 1e6)
  if (restedSeconds === 0) return worked
  return `${worked}, without ${formatDuration(restedSeconds * 1e6)} in which it lay still`
}

/** What a run that is watched waits for until its end: as a rule its work, and how long that takes. */
export function untilEnd(state: State, run: Run): string {
  if (state.draining || run.state === 'stopping') {
    const running = state.machines.reduce((sum, machine) => sum + machine.running, 0)
    return `stopping: ${plural(running, 'task')} still at work`
  }
  if (run.state === 'finishing') return 'writing outputs'
  return leftInWords(timeLeft(state, run, nowOf(state)))
}

/**
 * `3 min left (2 min 40 s to 4 min)`, and what comes after it that was not measured yet; a forecast that
 * says nothing yet says so.
 */
export function leftInWords(left: Forecast | undefined): string {
  if (left === undefined) return 'time left unknown yet'
  const { middle, range } = worded(left)
  return `${middle} left${range}${unmeasured(left)}`
}

/** `3 min (2 min 40 s to 4 min)`: the range holds eight times in ten. */
export function rangeInWords(forecast: Forecast): string {
  const { middle, range } = worded(forecast)
  return `${middle}${range}`
}

function unmeasured({ without = [] }: Forecast): string {
  return without.length === 0 ? '' : `, then ${without.join(', ')} (time not known yet)`
}

function worded({ low, expected, high }: Forecast): { middle: string; range: string } {
  const [least, middle, most] = [low, expected, high].map(roundish)
  return { middle, range: least === most ? '' : ` (${least} to ${most})` }
}

/** Whole seconds: tenths would pretend more precision than there is. */
const roundish = (micros: number): string =>
  formatDuration(Math.max(1_000_000, Math.round(micros / 1_000_000) * 1_000_000))
