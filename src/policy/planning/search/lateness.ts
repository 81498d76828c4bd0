/**
 * An aim that is a sum over tasks: what each ends after its due time, by weight. Weighted tardiness
 * is that; so is the mean flow time, where every task is due when it is released.
 */
export type Lateness = { readonly weight: Float64Array; readonly due: Float64Array }

export function latenessOf({ weight, due }: Lateness, end: Float64Array): number {
  let sum = 0
  for (let task = 0; task < end.length; task += 1) {
    if (end[task] > due[task]) sum += weight[task] * (end[task] - due[task])
  }
  return sum
}

/** What is added when one task ends at another time than before. */
export function changeOf(
  { weight, due }: Lateness,
  task: number,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  return weight[task] * (Math.max(0, to - due[task]) - Math.max(0, from - due[task]))
}

/** What a unit of time is worth, for whatever is to weigh less than the aim itself. */
export function meanWeight({ weight }: Lateness): number {
  return weight.reduce((sum, each) => sum + each, 0) / Math.max(1, weight.length)
}
