/**
 * Values by item that wait in memory, and about how many characters they take: what back-pressure goes
 * by.
 */
export type Hold<T> = {
  readonly items: Map<number, T>
  readonly sizeOf: (value: T) => number
  size: number
}

export function emptyHold<T>(sizeOf: (value: T) => number): Hold<T> {
  return { items: new Map(), sizeOf, size: 0 }
}

export function put<T>(hold: Hold<T>, index: number, value: T): void {
  take(hold, index)
  hold.items.set(index, value)
  hold.size += hold.sizeOf(value)
}

/** Removes it and says how much it took. */
export function take<T>(hold: Hold<T> | undefined, index: number): number {
  const value = hold?.items.get(index)
  if (hold === undefined || value === undefined) return 0
  const size = hold.sizeOf(value)
  hold.items.delete(index)
  hold.size -= size
  return size
}
