/**
 * A binary min-heap: `compare` must be a total order, so that equal runs pop in equal order.
 *
 * Sifting moves a hole instead of swapping, half the writes.
 */
export type Heap<T> = {
  push(value: T): void
  /** The least value, removed; `undefined` when empty. */
  pop(): T | undefined
  /** The least value, kept. */
  peek(): T | undefined
  size(): number
  clear(): void
  /** The values in no particular order: for views and checks, not for changing. */
  values(): readonly T[]
}

export function heap<T>(compare: (a: T, b: T) => number, initial: readonly T[] = []): Heap<T> {
  const items: T[] = [...initial]
  for (let at = (items.length >> 1) - 1; at >= 0; at -= 1) sink(items, compare, at, items[at])
  return {
    push(value) {
      items.push(value)
      rise(items, compare, items.length - 1, value)
    },
    pop() {
      if (items.length === 0) return undefined
      const least = items[0]
      const last = items.pop() as T
      if (items.length > 0) sink(items, compare, 0, last)
      return least
    },
    peek: () => items[0],
    size: () => items.length,
    clear() {
      items.length = 0
    },
    values: () => items,
  }
}

type Compare<T> = (a: T, b: T) => number

function rise<T>(items: T[], compare: Compare<T>, from: number, value: T): void {
  let at = from
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (compare(items[parent], value) <= 0) break
    items[at] = items[parent]
    at = parent
  }
  items[at] = value
}

function sink<T>(items: T[], compare: Compare<T>, from: number, value: T): void {
  const size = items.length
  let at = from
  for (;;) {
    let child = 2 * at + 1
    if (child >= size) break
    if (child + 1 < size && compare(items[child + 1], items[child]) < 0) child += 1
    if (compare(value, items[child]) <= 0) break
    items[at] = items[child]
    at = child
  }
  items[at] = value
}
