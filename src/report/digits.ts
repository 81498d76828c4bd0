import { formatCount } from '../std/units.ts'

/**
 * Figures of one column stand under each other only with the same number of decimals: as many as give
 * the least of them four digits, but no more than three decimals, or three digits where it is less than a tenth; and
 * no more than six digits for the largest, five where there are more than three decimals.
 */
export function digitsFor(values: readonly number[]): number {
  const sizes = values.map(Math.abs).filter(size => size > 0 && Number.isFinite(size))
  if (sizes.length === 0) return 0
  const least = sizes.reduce((a, b) => Math.min(a, b))
  const most = sizes.reduce((a, b) => Math.max(a, b))
  const [low, high] = [Math.floor(Math.log10(least)), Math.floor(Math.log10(most))]
  const small = Math.min(2 - low, 4 - high)
  const wanted = Math.min(Math.max(3, small), Math.max(0, 3 - low))
  const room = Math.max(0, 5 - high)
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
