import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { distance } from 'fastest-levenshtein'
import type { TextOfPage } from './read-lines.ts'
import type { Language } from './render/declaration.ts'
import type { Truth } from './render/pages.ts'

/**
 * How much of what was read is right, per language, over the pages whose truth lies beside the
 * image: 1 - edits / characters, edits being Levenshtein's distance (1966). Line breaks belong to
 * the layout, not to the text: white space counts as one space, in Chinese as none. Full-width and
 * typographic forms of a punctuation mark count as that mark.
 */
export type Accuracy = {
  readonly language: Language
  readonly pages: number
  readonly characters: number
  readonly edits: number
  readonly accuracy: number
}

export async function measureAccuracy(pages: readonly TextOfPage[]): Promise<Accuracy[]> {
  const sums = new Map<Language, { pages: number; characters: number; edits: number }>()
  for (const page of pages) {
    const truth = await truthBeside(page.page)
    if (!truth) continue
    const expected = normalise(truth.text, truth.language)
    const sum = sums.get(truth.language) ?? { pages: 0, characters: 0, edits: 0 }
    sums.set(truth.language, {
      pages: sum.pages + 1,
      characters: sum.characters + expected.length,
      edits: sum.edits + distance(expected, normalise(page.text, truth.language)),
    })
  }
  return [...sums].map(([language, sum]) => {
    return { language, ...sum, accuracy: 1 - sum.edits / sum.characters }
  })
}

export function normalise(text: string, language: Language): string {
  const marks = text.normalize('NFKC').replace(/[‐‑–]/g, '-').replace(/[‘’]/g, "'")
  return marks.replace(/\s+/g, language === 'zh' ? '' : ' ').trim()
}

/** A user's own images have no truth, or a .json of their own that is none. */
async function truthBeside(image: string): Promise<Truth | undefined> {
  const path = `${image.slice(0, image.length - extname(image).length)}.json`
  try {
    const truth: Partial<Truth> = JSON.parse(await readFile(path, 'utf8'))
    return isTruth(truth) ? truth : undefined
  } catch {
    return undefined
  }
}

const isTruth = (truth: Partial<Truth>): truth is Truth =>
  typeof truth.text === 'string' && (truth.language === 'en' || truth.language === 'zh')
