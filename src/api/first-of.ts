import type { Source } from '../port/source.ts'

/** So many items of a source and, until it is closed, no more: what follows is as if it were still being read. */
export function firstOf(source: Source, most: number): Source {
  let left = most
  return {
    fingerprint: () => source.fingerprint(),
    count: () => source.count(),
    async read(cursor, limit) {
      if (left === 0) return new Promise(() => {})
      const chunk = await source.read(cursor, Math.min(limit, left))
      left -= chunk.items.length
      return chunk
    },
    close: () => source.close(),
  }
}
