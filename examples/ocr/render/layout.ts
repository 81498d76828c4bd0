import type { Language } from './declaration.ts'

/**
 * Breaks a passage into lines no wider than `width`, as full as possible; `measure` gives a text's
 * width in pixels. Measuring costs the same for a word as for a line (a Chinese font is a hundred
 * files to look through), so the end of a line is found by bisection.
 */
export function breakLines(
  text: string,
  language: Language,
  width: number,
  measure: (text: string) => number,
): string[] {
  const all = pieces(text, language)
  const lines: string[] = []
  let from = 0
  while (from < all.length) {
    const line = (to: number) => all.slice(from, to).join('').trimEnd()
    let fits = from + 1
    let tooFar = all.length + 1
    while (tooFar - fits > 1) {
      const middle = (fits + tooFar) >> 1
      if (measure(line(middle)) <= width) fits = middle
      else tooFar = middle
    }
    lines.push(line(fits))
    from = fits
  }
  return lines
}

/** English breaks after spaces. Chinese breaks anywhere but before closing punctuation and inside
 *  runs of Latin letters and digits. */
function pieces(text: string, language: Language): readonly string[] {
  if (language === 'en') return text.match(/\S+\s*/g) ?? []
  return text.match(/(?:[\w.]+|\(|[^\w.(])[,.;、。)]*\s*/g) ?? []
}
