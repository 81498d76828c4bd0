/**
 * Partial schedules already looked at in vain. One more is in vain too if it has the same tasks
 * placed and is late wherever an old one was: whatever could still follow it could have followed
 * the old one. A record is a list of numbers: first some that must be equal, then some that must
 * not be less.
 */
export type Seen = {
  /** Whether a record that covers this one is known; if none is, this one is kept from now on. */
  covers(hash: number, record: Float64Array, length: number, equal: number): boolean
}

/** Numbers kept, 8 bytes each; when full, nothing more is kept, and what is known still counts. */
const MOST = 6_000_000

export function seenRecords(): Seen {
  let pool = new Float64Array(1 << 14)
  let used = 0
  const newest = new Map<number, number>()

  const covered = (at: number, record: Float64Array, length: number, equal: number): boolean => {
    for (let i = 0; i < equal; i += 1) if (pool[at + i] !== record[i]) return false
    for (let i = equal; i < length; i += 1) if (pool[at + i] > record[i]) return false
    return true
  }

  return {
    covers(hash, record, length, equal) {
      const last = newest.get(hash) ?? -1
      // Each is preceded by where the one before it with this hash is.
      for (let at = last; at >= 0; at = pool[at]) {
        if (covered(at + 1, record, length, equal)) return true
      }
      const end = used + 1 + length
      if (end > MOST) return false
      if (end > pool.length) {
        const larger = new Float64Array(2 * pool.length)
        larger.set(pool)
        pool = larger
      }
      pool[used] = last
      for (let i = 0; i < length; i += 1) pool[used + 1 + i] = record[i]
      newest.set(hash, used)
      used = end
      return false
    },
  }
}
