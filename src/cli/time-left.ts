import type { Forecast } from '../api/forecast.ts'
import { formatDuration } from '../std/units.ts'

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

/** Whole seconds: a tenth of one would pretend. */
const roundish = (micros: number): string =>
  formatDuration(Math.max(1_000_000, Math.round(micros / 1_000_000) * 1_000_000))
