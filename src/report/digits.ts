import { formatCount } from '../std/units.ts'

/**
 * Figures of one column stand under each other only with the same number of decimals: as many as give
 * the least of them four digits, but no more than six digits for the largest.
 */
export function digitsFor(values: readonly number[]): number {
  const sizes = values.map(Math.abs).filter(size => size > 0 && Number.isFinite(size))
  if (sizes.length === 0) return 0
  const least = sizes.reduce((a, b) => Math.min(a, b))
  const most = sizes.reduce((a, b) => Math.max(a, b))
  const wanted = Math.min(3, Math.max(0, 3 - Math.floor(Math.log10(least))))
  const room = Math.max(0, 5 - Math.floor(Math.log10(most)))
  const digits = Math.min(wanted, room)
  const same = (fewer: number) => sizes.every(size => exact(size, fewer, digits))
  let enough = digits
  while (enough > 0 && same(enough - 1)) enough -= 1
  return enough
}

/** Whether fewer decimals show the same values. */
const exact = (value: number, fewer: number, digits: number): boolean =>
  Number(value.toFixed(fewer)) === Number(value.toFixed(digits))

export function formatFixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '-'
  const [whole, fraction] = Math.abs(value).toFixed(digits).split('.')
  const sign = value < 0 && Number(value.toFixed(digits)) !== 0 ? '-' : ''
  const shown = `${sign}${formatCount(Number(whole))}`
  return fraction === undefined ? shown : `${shown}.${fraction}`
}
