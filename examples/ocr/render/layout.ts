import type { Language } from './declaration.ts'

/** Breaks a passage into lines no wider than `width`; `measure` gives a text's width in pixels. */
export function breakLines(
  text: string,
  language: Language,
  width: number,
  measure: (text: string) => number,
): string[] {
  const lines: string[] = []
  let line = ''
  for (const piece of pieces(text, language)) {
    if (line !== '' && measure((line + piece).trimEnd()) > width) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += piece
  }
  return [...lines, line.trimEnd()]
}

/** English breaks after spaces. Chinese breaks anywhere but before closing punctuation and inside
 *  runs of Latin letters and digits. */
function pieces(text: string, language: Language): readonly string[] {
  if (language === 'en') return text.match(/\S+\s*/g) ?? []
  return text.match(/(?:[\w.]+|\(|[^\w.(])[,.;、。)]*\s*/g) ?? []
}
