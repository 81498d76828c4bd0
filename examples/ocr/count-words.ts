import type { TextOfPage } from './read-lines.ts'

/** How often each word occurs, the most frequent first, ties in code point order. */
export type WordCount = {
  readonly pages: number
  readonly lines: number
  readonly words: number
  readonly counts: readonly (readonly [word: string, count: number])[]
}

/** Counts add up, so counts of some pages and further pages may be mixed: a tree of any shape gives
 *  the same result. Chinese, which writes no spaces, is divided by the dictionary of ICU. */
export default function countWords(parts: readonly (TextOfPage | WordCount)[]): WordCount {
  const counts = new Map<string, number>()
  let pages = 0
  let lines = 0
  for (const part of parts) {
    const counted = 'counts' in part
    pages += counted ? part.pages : 1
    lines += counted ? part.lines : part.lines.length
    for (const [word, count] of counted ? part.counts : wordsOf(part.text))
      counts.set(word, (counts.get(word) ?? 0) + count)
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : a > b ? 1 : 0))
  return { pages, lines, words: sorted.reduce((sum, [, n]) => sum + n, 0), counts: sorted }
}

const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

function* wordsOf(text: string): Generator<[string, number]> {
  for (const { segment, isWordLike } of segmenter.segment(text))
    if (isWordLike) yield [segment.toLowerCase(), 1]
}
