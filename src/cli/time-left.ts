import type { Forecast } from '../api/forecast.ts'
import { formatDuration } from '../std/units.ts'

/** `3 min left (2 min 40 s to 4 min)`; a forecast that says nothing yet says so. */
export function leftInWords(left: Forecast | undefined): string {
  if (left === undefined) return 'time left unknown yet'
  const [low, expected, high] = [left.low, left.expected, left.high].map(roundish)
  const range = low === high ? '' : ` (${low} to ${high})`
  return `${expected} left${range}`
}

/** Whole seconds: a tenth of one would pretend. */
const roundish = (micros: number): string =>
  formatDuration(Math.max(1_000_000, Math.round(micros / 1_000_000) * 1_000_000))
