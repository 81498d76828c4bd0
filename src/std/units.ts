import { DAY, HOUR, MILLISECOND, MINUTE, type Micros, SECOND } from './time.ts'

/**
 * Quantities as people write them: '900MB', '1.5GiB', '250ms', '2h', '0.5%', 'x2'. Every parser
 * answers `undefined` for text that is not such a quantity; whoever asked knows where it stood and
 * words the error. The formatters are their readable inverses.
 */

/** Bytes, a whole number. `MB` is 10^6 and `MiB` 2^20, as IEC 80000-13 has it. */
export function parseBytes(value: string | number): number | undefined {
  if (typeof value === 'number') return wholeBytes(value)
  const match = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b$/i.exec(value.trim())
  if (match === null) return undefined
  const power = 'kmgtp'.indexOf(match[2].toLowerCase()) + (match[2] === '' ? 0 : 1)
  if (match[3] !== '' && match[2] === '') return undefined
  return wholeBytes(Math.round(Number(match[1]) * (match[3] === '' ? 1000 : 1024) ** power))
}

const wholeBytes = (value: number): number | undefined =>
  Number.isSafeInteger(value) && value >= 0 ? value : undefined

const DURATIONS: readonly (readonly [unit: string, micros: Micros])[] = [
  ['us', 1],
  ['ms', MILLISECOND],
  ['s', SECOND],
  ['m', MINUTE],
  ['min', MINUTE],
  ['h', HOUR],
  ['d', DAY],
]

/** Whole microseconds from '60s', '250ms', '1h30m'; a bare number has no unit and is refused. */
export function parseDuration(value: string): Micros | undefined {
  const text = value.trim()
  if (!/^(\d+(?:\.\d+)?\s*(?:us|ms|min|s|m|h|d)\s*)+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(us|ms|min|s|m|h|d)/g)) {
    total += Number(amount) * DURATIONS.find(([name]) => name === unit)![1]
  }
  const micros = Math.round(total)
  return Number.isSafeInteger(micros) ? micros : undefined
}

/** '0.5%' is 0.005; from 0 % to 100 %. */
export function parseShare(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim())
  if (match === null) return undefined
  const share = Number(match[1]) / 100
  return share <= 1 ? share : undefined
}

/** 'x2' and 'x1.5': what something is multiplied by; more than 0. */
export function parseFactor(value: string): number | undefined {
  const match = /^x\s*(\d+(?:\.\d+)?)$/.exec(value.trim())
  if (match === null) return undefined
  const factor = Number(match[1])
  return factor > 0 && Number.isFinite(factor) ? factor : undefined
}

/** '0 B', '1.5 kB', '900 MB': three digits at most. */
export function formatBytes(bytes: number): string {
  let [amount, unit] = [bytes, 0]
  while (amount >= 999.5 && unit < BYTE_UNITS.length - 1) {
    amount /= 1000
    unit += 1
  }
  return `${unit === 0 ? Math.round(amount) : threeDigits(amount)} ${BYTE_UNITS[unit]}`
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** '250 ms', '1.5 s', '2 min 5 s', '3 h 20 min', '2 d 4 h'. */
export function formatDuration(micros: Micros): string {
  if (micros < 0) return `-${formatDuration(-micros)}`
  if (micros < MILLISECOND) return `${Math.round(micros)} us`
  if (micros < 999.5 * MILLISECOND) return `${threeDigits(micros / MILLISECOND)} ms`
  if (micros < 59.95 * SECOND) return `${threeDigits(micros / SECOND)} s`
  if (micros < 59.5 * MINUTE) return pair(Math.round(micros / SECOND), 60, 'min', 's')
  if (micros < 23.5 * HOUR) return pair(Math.round(micros / MINUTE), 60, 'h', 'min')
  return pair(Math.round(micros / HOUR), 24, 'd', 'h')
}

/** '1,234,567': the same on every machine, unlike `toLocaleString`. */
export function formatCount(value: number): string {
  const [whole, fraction] = String(value).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** `1 item`, `2 items`. */
export const plural = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`

/** `4,120 of 4,200`, with a plus where more may come. */
export const countOf = (part: number, whole: number, { isAll = true } = {}): string =>
  `${formatCount(part)} of ${formatCount(whole)}${isAll ? '' : '+'}`

/** `1 of 1 item`, `1 of 1+ items`. */
export const countOfItems = (part: number, whole: number, { isAll = true } = {}): string =>
  `${countOf(part, whole, { isAll })} ${whole === 1 && isAll ? 'item' : 'items'}`

function pair(amount: number, per: number, large: string, small: string): string {
  const rest = amount % per
  const whole = `${Math.floor(amount / per)} ${large}`
  return rest === 0 ? whole : `${whole} ${rest} ${small}`
}

/** Three digits, without trailing zeros: 1.5, 12.3, 123. */
function threeDigits(amount: number): string {
  const digits = amount >= 99.95 ? 0 : amount >= 9.995 ? 1 : 2
  const text = amount.toFixed(digits)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
