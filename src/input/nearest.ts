import { distance } from 'fastest-levenshtein'

/** The closest known name, when it is close enough to be what was meant; ties go to the first. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase()
  let best: string | undefined
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const far = distance(wanted, candidate.toLowerCase())
    const near = far < least && far < candidate.length
    if (!near) continue
    best = candidate
    least = far
  }
  return best
}

/** `; did you mean "needs"?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const found = nearest(name, known)
  return found === undefined ? '' : `; did you mean "${found}"?`
}
