/**
 * Seeded randomness as a small value: nothing here is ambient, so a run repeats from its seed.
 *
 * The generator is xoshiro128** (Blackman and Vigna 2018): 128 bits of state, four 32-bit words,
 * all in integer arithmetic, so every machine draws the same numbers. Seed and stream are spread
 * over the state by splitmix32, so neighbouring seeds are unrelated.
 */
export type Prng = {
  /** Uniform in [0, 1), 53 bits. */
  next(): number
  /** Uniform integer in [0, n), without bias; n from 1 to 2^32. */
  int(n: number): number
  /** True with probability `p`. */
  chance(p: number): boolean
  /** One element; the list must not be empty. */
  pick<T>(list: ArrayLike<T>): T
  /** Fisher and Yates, in place; returns its argument. */
  shuffle<T extends { [index: number]: unknown; length: number }>(list: T): T
  /** Standard normal (polar method, Marsaglia 1964). */
  normal(): number
  /** Exponential with the given mean. */
  exponential(mean: number): number
}

/** Different streams of one seed are independent: give each concern its own. */
export function prng(seed: number, stream = 0): Prng {
  const spread = splitmix32(
    (low(seed) ^ Math.imul(high(seed), 0x85ebca6b) ^ Math.imul(stream + 1, 0x9e3779b9)) >>> 0,
  )
  const first = spread() ^ low(seed)
  const second = spread() ^ high(seed)
  const third = spread() ^ (stream | 0)
  const word = xoshiro128([first, second, third, spread() | 1])
  const next = (): number => {
    const upper = word() >>> 5
    return (upper * 67108864 + (word() >>> 6)) / 9007199254740992
  }
  const int = (n: number): number => {
    const limit = 4294967296 - (4294967296 % n)
    let drawn = word()
    while (drawn >= limit) drawn = word()
    return drawn % n
  }
  const shuffle: Prng['shuffle'] = list => {
    for (let last = list.length - 1; last > 0; last -= 1) {
      const other = int(last + 1)
      const kept = list[last]
      list[last] = list[other]
      list[other] = kept
    }
    return list
  }
  return {
    next,
    int,
    chance: p => next() < p,
    pick: list => list[int(list.length)],
    shuffle,
    normal: () => polarNormal(next),
    exponential: mean => -mean * Math.log(1 - next()),
  }
}

function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state
  return () => {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
}

/** Draws both coordinates and keeps one, so the generator's words are its whole state. */
function polarNormal(next: () => number): number {
  for (;;) {
    const x = 2 * next() - 1
    const y = 2 * next() - 1
    const square = x * x + y * y
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square)
  }
}

function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  }
}

const low = (value: number): number => value | 0
const high = (value: number): number => Math.floor(value / 4294967296) | 0
