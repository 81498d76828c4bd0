/** The power of two below it: tasks of one band are within a factor of two of each other. */
export function bandOf(work: number): number {
  return Math.floor(Math.log2(Math.max(work, LEAST)))
}

/** What takes nothing is in the band of a millionth. */
const LEAST = 2 ** -20
