import { distance } from 'fastest-levenshtein'

/** The closest known name, when it is close enough to be what was meant; ties go to the first. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  return allNearest(name, known)[0]
}

/** `; did you mean "needs"?`, or `"heft" or "met"` where they are equally near, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const found = allNearest(name, known).slice(0, 3)
  if (found.length === 0) return ''
  return `; did you mean ${found.map(each => `"${each}"`).join(' or ')}?`
}

/** Those that are but longer, where none is close: `search` means `local-search`. */
function allNearest(name: string, known: readonly string[]): string[] {
  const close = closest(name, known)
  return close.length > 0 ? close : longer(name, known)
}

function longer(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase()
  if (wanted.length < 3) return []
  const isPart = (candidate: string) =>
    candidate.startsWith(wanted) || candidate.split('-').includes(wanted)
  return [...new Set(known)].filter(candidate => isPart(candidate.toLowerCase()))
}

/** All known names at the least distance, where that is close enough to be what was meant. */
function closest(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase()
  const singular = wanted.replace(/ies$/, 'y')
  let found: string[] = []
  let least = Math.max(2, Math.floor(name.length / 3))
  for (const candidate of new Set(known)) {
    const meant = candidate.toLowerCase()
    const far = Math.min(typos(wanted, meant), typos(singular, meant) + 1)
    if (far > least || far >= candidate.length) continue
    if (far < least) found = []
    found.push(candidate)
    least = far
  }
  return found
}

/** Edits between two names; two letters that changed places are one. */
function typos(a: string, b: string): number {
  const edits = distance(a, b)
  return edits === 2 && a.length === b.length && sorted(a) === sorted(b) ? 1 : edits
}

const sorted = (text: string): string => [...text].sort().join('')
