import type { Store } from '../port/store.ts'
import { keySet } from '../std/key-set.ts'

/**
 * The keys a stream has seen, those of its earlier lives included, in a few bytes each. That a key is
 * here is a suspicion of the hash, verified in the store, where every answered item is.
 */
export function pushedKeys(store: Pick<Store, 'spooled'>, run: string) {
  const keys = keySet()
  let count = 0
  for (let more = true; more; ) {
    const page = store.spooled(run, count, PAGE, ENOUGH)
    for (const { key } of page) keys.add(key, count++)
    more = page.length > 0
  }
  return {
    count: () => count,
    has(key: string): boolean {
      const earlier = keys.find(key)
      return earlier !== undefined && store.spooled(run, earlier, 1)[0]?.key === key
    },
    add(key: string): void {
      keys.add(key, count++)
    },
  }
}

const PAGE = 1_000
const ENOUGH = 8 * 1024 * 1024
