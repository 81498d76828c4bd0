/** Mean and 95 % confidence interval of it, by Student's t: honest for a handful of seeds. */
export type Interval = readonly [low: number, high: number]

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

export function intervalOf(values: readonly number[]): Interval {
  const mean = meanOf(values)
  if (values.length < 2) return [mean, mean]
  const half = quantile(values.length - 1) * standardError(values)
  return [mean - half, mean + half]
}

/** Standard error of the mean; needs at least two values. */
export function standardError(values: readonly number[]): number {
  const mean = meanOf(values)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1) / values.length)
}

/** The 97.5 % quantile; beyond 30 degrees of freedom by Cornish and Fisher's first terms. */
function quantile(freedom: number): number {
  return tabled[freedom - 1] ?? 1.96 + 2.3724 / freedom + 2.8225 / freedom ** 2
}

const tabled = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
]
