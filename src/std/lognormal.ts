/**
 * Factors of mean 1 and the given coefficient of variation, from a standard normal: durations are
 * positive and skewed.
 */
export function lognormal(variation: number): (normal: number) => number {
  const variance = Math.log(1 + variation * variation)
  const deviation = Math.sqrt(variance)
  return normal => Math.exp(deviation * normal - variance / 2)
}
