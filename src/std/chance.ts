/**
 * A number in [0, 1) from a seed and a counter (splitmix32, Steele, Lea and Flood 2014). There is no
 * generator to carry or restore: the same decision, counted the same, draws the same chance.
 */
export function chanceAt(seed: number, counter: number): number {
  let z = (Math.imul(seed | 0, 0x9e3779b9) + Math.imul((counter + 1) | 0, 0x85ebca6b)) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return ((z ^ (z >>> 15)) >>> 0) / 4294967296
}
