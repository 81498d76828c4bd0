import type { Forecast } from '../api/forecast/forecast.ts'
import type { Instants } from '../api/why/foretold.ts'
import type { ItemWhy } from '../api/why/why-item.ts'

/** How times leave in `--json`: instants as in `--events`, spans in seconds. Inside, both are micros. */

/** `2026-11-27T14:30:56.189Z`. */
export const isoInstant = (micros: number): string => new Date(micros / 1_000).toISOString()

export const inSeconds = ({ low, expected, high, ...more }: Forecast): Forecast => ({
  ...{ low: low / 1e6, expected: expected / 1e6, high: high / 1e6 },
  ...more,
})

export const withIsoForecasts = ({ forecastStart, forecastEnd, ...item }: ItemWhy) => ({
  ...item,
  ...(forecastStart && { forecastStart: isoInstants(forecastStart) }),
  ...(forecastEnd && { forecastEnd: isoInstants(forecastEnd) }),
})

const isoInstants = ({ low, expected, high }: Instants) => ({
  low: isoInstant(low),
  expected: isoInstant(expected),
  high: isoInstant(high),
})
