/** Repeatable random numbers in [0, 1): Weyl sequence and a 32-bit mixing step (Steele et al. 2014,
 *  "Fast splittable pseudorandom number generators", in 32 bits). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
}
