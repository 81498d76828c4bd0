import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Accuracy, measureAccuracy } from './accuracy.ts'
import type { TextOfPage } from './read-lines.ts'

/**
 * Said after the job: writes what `out/text.jsonl` holds as one text file a page, and prints where
 * they are and, where the truth is known, the accuracy. A folder of one's own images has no truth.
 */
const names = { en: 'English', zh: 'Chinese' } as const

export async function summarise(outFolder: string): Promise<string> {
  const { pages, failed } = await readResults(join(outFolder, 'text.jsonl'))
  const texts = join(outFolder, 'text')
  await rm(texts, { recursive: true, force: true })
  await mkdir(texts, { recursive: true })
  for (const [name, page] of named(pages)) await writeFile(join(texts, name), `${page.text}\n`)
  const accuracies = await measureAccuracy(pages)
  return [
    ...accuracies.map(describe),
    ...(failed > 0
      ? [`${failed} ${failed === 1 ? 'page' : 'pages'} could not be read, see out/text.jsonl`]
      : []),
    `text: ${shown(texts)} (${pages.length === 1 ? '1 file' : `${pages.length} files`}), with boxes and confidence: ${shown(join(outFolder, 'text.jsonl'))}`,
    `words: ${shown(join(outFolder, 'words.jsonl'))}`,
  ].join('\n')
}

const describe = ({ language, pages, characters, edits, accuracy }: Accuracy) =>
  `${names[language]}: ${(100 * accuracy).toFixed(2)} % of ${characters} characters right` +
  ` on ${pages} pages (${edits} edits)`

async function readResults(path: string) {
  const pages: TextOfPage[] = []
  let failed = 0
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line === '') continue
    const { result } = JSON.parse(line) as { readonly result?: TextOfPage }
    if (result) pages.push(result)
    else failed++
  }
  return { pages, failed }
}

/** Images of one name in several folders get numbers. */
function named(pages: readonly TextOfPage[]): Map<string, TextOfPage> {
  const files = new Map<string, TextOfPage>()
  for (const page of pages) {
    const stem = basename(page.page, extname(page.page))
    let name = `${stem}.txt`
    for (let again = 2; files.has(name); again++) name = `${stem}-${again}.txt`
    files.set(name, page)
  }
  return files
}

const shown = (path: string) => relative(process.cwd(), path) || '.'

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await summarise(fileURLToPath(new URL('out', import.meta.url))))
