/** A request rounded down, and the first start at which it fitted when last asked: it never fits earlier. */
type Floor = {
  readonly duration: number
  readonly needs: Float64Array
  start: number
}

/**
 * Requests by size: a quarter of an octave in each amount and in the duration are one.
 * Use of a timeline only grows, so where nothing of some size fitted before a time, nothing larger ever
 * will: a request is looked for from where the smaller one fits.
 */
export function lowerRequests(resources: number) {
  const known = new Map<number, Floor>()
  const lower = new Float64Array(resources)
  const value = new Float64Array(1)
  const words = new Uint32Array(value.buffer)
  const low = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1
  const high = 1 - low
  let hash = 0
  /** Sign, exponent and two bits of the fraction are kept. */
  const rounded = (amount: number): number => {
    value[0] = amount
    words[low] = 0
    words[high] &= ~0x3ffff
    hash = Math.imul(hash ^ (words[high] >>> 18), 0x9e3779b1)
    hash ^= hash >>> 15
    return value[0]
  }
  const isLower = (floor: Floor, duration: number): boolean =>
    floor.duration === duration && floor.needs.every((amount, at) => amount === lower[at])
  return {
    below(duration: number, needs: Float64Array): Floor {
      hash = 0
      const shorter = rounded(duration)
      for (let at = 0; at < resources; at += 1) lower[at] = rounded(needs[at])
      const found = known.get(hash)
      if (found !== undefined && isLower(found, shorter)) return found
      const fresh = { duration: shorter, needs: lower.slice(), start: 0 }
      known.set(hash, fresh)
      return fresh
    },
  }
}
