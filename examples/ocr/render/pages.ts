import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Canvas } from '@napi-rs/canvas'
import { declaration, type Language } from './declaration.ts'
import { type Face, faces } from './fonts.ts'
import { drawPage, type Look } from './page.ts'
import { seededRandom } from './random.ts'

/**
 * The example's input: pages of a known text, each in its own font, size, slant and grain, and
 * beside each its truth (`en-01.png`, `en-01.json`). The same seed draws the same pages. They are
 * made in a temporary folder and renamed, so `pages/` is there whole or not at all.
 */
export type Truth = {
  readonly language: Language
  readonly text: string
  readonly face: string
  readonly size: number
}

export const pagesFolder = fileURLToPath(new URL('../pages', import.meta.url))

export async function renderPages(
  folder: string,
  counts: Readonly<Record<Language, number>>,
): Promise<void> {
  const unfinished = `${folder}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true })
  for (const language of ['en', 'zh'] as const)
    await renderLanguage(unfinished, language, counts[language])
  await rm(folder, { recursive: true, force: true })
  await rename(unfinished, folder)
}

async function renderLanguage(folder: string, language: Language, count: number): Promise<void> {
  const passages = await declaration(language)
  const choices = faces(language)
  const written: Promise<void>[] = []
  let first = 0
  for (let index = 0; index < count; index++) {
    const random = seededRandom(1000 * (language === 'en' ? 1 : 2) + index)
    const look = lookOf(choices[index % choices.length], language, random)
    const page = drawPage(passages, first, language, look, random)
    first = (first + page.used) % passages.length
    const truth: Truth = {
      language,
      text: page.lines.join('\n'),
      face: look.face.name,
      size: look.size,
    }
    const name = `${language}-${String(index + 1).padStart(2, '0')}`
    written.push(writePage(join(folder, name), page.canvas, truth))
    if (written.length > encodedAtOnce) await written[written.length - 1 - encodedAtOnce]
  }
  await Promise.all(written)
}

/** Compression runs in other threads meanwhile; each page waiting for it holds its pixels. */
const encodedAtOnce = 2

async function writePage(path: string, canvas: Canvas, truth: Truth): Promise<void> {
  await writeFile(`${path}.png`, await canvas.encode('png'))
  await writeFile(`${path}.json`, `${JSON.stringify(truth, null, 2)}\n`)
}

function lookOf(face: Face, language: Language, random: () => number): Look {
  const between = (low: number, high: number) => low + (high - low) * random()
  const whole = (low: number, high: number) => Math.round(between(low, high))
  return {
    face,
    bold: random() < 0.2,
    size: language === 'en' ? whole(22, 32) : whole(24, 34),
    leading: between(1.35, 1.6),
    width: whole(900, 1100),
    height: whole(760, 1000),
    slant: (between(-0.7, 0.7) * Math.PI) / 180,
    paper: whole(228, 255),
    ink: whole(0, 70),
    grain: between(4, 24),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const there = await readdir(pagesFolder).catch(() => [])
  if (there.length === 0) await renderPages(pagesFolder, { en: 24, zh: 18 })
}
