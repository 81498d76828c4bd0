/**
 * The list with the value at its end. For lists that are made at every step and nearly always get one: an
 * empty array that grows takes room for seventeen, which costs more than what is put there.
 */
export function appended<T>(list: T[], value: T): T[] {
  if (list.length === 0) return [value]
  list.push(value)
  return list
}
