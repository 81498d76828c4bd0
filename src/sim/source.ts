import type { Source, SourceItem } from '../port/source.ts'
import { hash64 } from '../std/hash64.ts'

/** A simulated source: items by index, some of them unreadable, in windows of any size. */
type SimSourceOptions = {
  readonly count: number
  /** The value of an item; its index when not given. */
  readonly item?: (index: number) => unknown
  /** The key of an item; its index when not given. */
  readonly key?: (index: number) => string
  readonly size?: (index: number) => number
  /** Why an item cannot be read, or `undefined`. */
  readonly problem?: (index: number) => string | undefined
  /** Answers at most this many items at once, whatever was asked for: short reads are allowed. */
  readonly atMost?: number
}

/** The twin of the real sources: the same contract, nothing outside memory. */
export function simSource(options: SimSourceOptions): Source {
  const { count, item = index => index, key = String, atMost = Number.MAX_SAFE_INTEGER } = options
  const make = (index: number): SourceItem => {
    const problem = options.problem?.(index)
    if (problem !== undefined) {
      return { key: key(index), payload: 'null', version: hash64(problem), size: 1, problem }
    }
    const payload = JSON.stringify(item(index))
    return { key: key(index), payload, version: hash64(payload), size: options.size?.(index) ?? 1 }
  }
  return {
    fingerprint: async () => {
      let mixed = String(count)
      for (let index = 0; index < count; index += 1) mixed = hash64(mixed + make(index).version)
      return `sim:${mixed}`
    },
    count: async () => count,
    read: async (cursor, limit) => {
      const first = cursor === undefined ? 0 : Number(cursor)
      const end = Math.min(count, first + Math.min(limit, atMost))
      const items: SourceItem[] = []
      for (let index = first; index < end; index += 1) items.push(make(index))
      return { items, cursor: String(end), done: end === count }
    },
    close: async () => {},
  }
}
