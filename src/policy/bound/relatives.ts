type Relatives = {
  /** `other`, already settled, is a relative of `task`, and so are its own relatives. */
  join(task: number, other: number): void
  /** The least start of `task` by the work of its relatives. */
  around(task: number): number
  /** Fixes the least start of `task` for those that come after it. */
  settle(task: number, start: number): void
}

/**
 * The work of all that must come before a task. Take those of its predecessors, near and far, that
 * start no earlier than `a`: all run between `a` and the start of the task. With machine prices
 * that sum to 1 their cheapest priced times sum to at most the priced loads of that window, so the
 * task starts no earlier than `a` plus that sum (Fernandez and Bussell 1973, for the predecessors
 * of one task). The same from the other side for what must follow it. Where all data are whole, so
 * is some optimal schedule, and the sum is rounded up.
 *
 * Tasks are settled one after another along the graph, each after all its relatives.
 */
export function relativesOf({
  priced,
  whole,
}: {
  readonly priced: Float64Array
  readonly whole: boolean
}): Relatives {
  const tasks = priced.length
  const words = (tasks + 31) >> 5
  const related = new Int32Array(tasks * words)
  const starts = new Float64Array(tasks)
  /** Settled tasks, latest start first. */
  const settled = new Int32Array(tasks)
  let count = 0
  // Products and sums round at most so often; we give away twice that.
  const safely = 1 - (tasks + 16) * 2 ** -51
  return {
    join(task, other) {
      const row = task * words
      const from = other * words
      for (let word = 0; word < words; word += 1) related[row + word] |= related[from + word]
      related[row + (other >> 5)] |= 1 << (other & 31)
    },
    around(task) {
      const row = task * words
      let sum = 0
      let most = 0
      for (let at = 0; at < count; at += 1) {
        const other = settled[at]
        if ((related[row + (other >> 5)] & (1 << (other & 31))) === 0) continue
        sum += priced[other]
        const start = starts[other] + sum
        if (start > most) most = start
      }
      return whole ? Math.ceil(most * (1 - 1e-12)) : most * safely
    },
    settle(task, start) {
      starts[task] = start
      let at = count
      for (; at > 0 && starts[settled[at - 1]] < start; at -= 1) settled[at] = settled[at - 1]
      settled[at] = task
      count += 1
    },
  }
}
