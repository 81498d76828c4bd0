import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measureAccuracy, normalise } from '../../examples/ocr/accuracy.ts'
import { findBoxes, leastRectangle } from '../../examples/ocr/boxes.ts'
import countWords from '../../examples/ocr/count-words.ts'
import { decode } from '../../examples/ocr/ctc.ts'
import { readImage } from '../../examples/ocr/image.ts'
import type { Model } from '../../examples/ocr/models.ts'
import findLines, { setup as loadDetector } from '../../examples/ocr/find-lines.ts'
import readLines, { setup as loadReader, type TextOfPage } from '../../examples/ocr/read-lines.ts'
import { inReadingOrder } from '../../examples/ocr/reading-order.ts'
import { breakLines } from '../../examples/ocr/render/layout.ts'
import { renderPages } from '../../examples/ocr/render/pages.ts'
import { summarise } from '../../examples/ocr/summary.ts'

describe('a box', () => {
  test('is one connected bright region, grown back to the size of its text', () => {
    const map = blankMap(60, 20)
    fill(map, { x: 10, y: 5, width: 40, height: 6 }, 0.9)
    // Offset: 40 * 6 * 1.5 / (2 * (40 + 6)) = 3.91 on each side.
    const [box, ...others] = findBoxes(map)
    expect(others).toEqual([])
    expect(box.x).toBeCloseTo(30)
    expect(box.y).toBeCloseTo(8)
    expect(box.width).toBeCloseTo(47.83, 2)
    expect(box.height).toBeCloseTo(13.83, 2)
  })

  test('is dropped where the map is unsure, and where it is a speck', () => {
    const map = blankMap(60, 20)
    fill(map, { x: 2, y: 2, width: 20, height: 5 }, 0.5)
    fill(map, { x: 40, y: 10, width: 2, height: 2 }, 0.9)
    expect(findBoxes(map)).toEqual([])
  })

  test('of slanted text leans with it', () => {
    const corner = { x: 100 * Math.cos(0.1), y: 100 * Math.sin(0.1) }
    const side = { x: -10 * Math.sin(0.1), y: 10 * Math.cos(0.1) }
    const box = leastRectangle([
      { x: 0, y: 0 },
      corner,
      { x: corner.x + side.x, y: corner.y + side.y },
      side,
    ])
    expect(box.angle).toBeCloseTo(0.1)
    expect(box.width).toBeCloseTo(100)
    expect(box.height).toBeCloseTo(10)
  })
})

test('lines are read by rows along the slant of the page, each row from left to right', () => {
  const line = (name: string, x: number, y: number) => {
    return { name, x, y: y + 0.05 * x, width: 300, height: 30, angle: 0.05 }
  }
  // On a level page the left part of the second row would come before the right part of the first.
  const boxes = [line('c', 150, 140), line('b', 950, 101), line('d', 950, 140), line('a', 150, 100)]
  const names = inReadingOrder(boxes).map(box => (box as ReturnType<typeof line>).name)
  expect(names.join('')).toBe('abcd')
})

describe('decoding', () => {
  const alphabet = ['', 'a', 'b', '人', ' ']
  const line = (...steps: number[][]) =>
    decode(new Float32Array(steps.flat()), steps.length, alphabet)
  const [blank, a, b] = [0, 1, 2].map(c => alphabet.map((_, i) => (i === c ? 0.9 : 0)))
  const man = [0, 0, 0, 0.9, 0]

  test('merges repeats, but not across a blank', () => {
    expect(line(a, a, b, blank, b).text).toBe('abb')
  })

  test('puts a space between Latin letters already where one is merely suspected', () => {
    const suspected = [0.9, 0, 0, 0, 0.05]
    expect(line(a, suspected, b).text).toBe('a b')
    expect(line(a, blank, b).text).toBe('ab')
    expect(line(man, suspected, man).text).toBe('人人')
    expect(line(suspected, a, suspected).text).toBe('a')
  })

  test('is as confident as its symbols, and not at all in an empty line', () => {
    expect(line(a, blank, [0.2, 0, 0.5, 0, 0])).toEqual({ text: 'ab', confidence: 0.7 })
    expect(line(blank, blank).confidence).toBe(0)
  })
})

test('word counts are the same whatever tree they are summed in', () => {
  const pages = ['To be or not', 'to be', '人人生而自由'].map(pageOf)
  const whole = countWords(pages)
  expect(countWords([countWords(pages.slice(0, 2)), pages[2]])).toEqual(whole)
  expect(countWords([pages[0], countWords([countWords(pages.slice(1))])])).toEqual(whole)
  expect(whole).toMatchObject({ pages: 3, lines: 3 })
  expect(whole.counts.slice(0, 2)).toEqual([
    ['be', 2],
    ['to', 2],
  ])
})

test('accuracy forgives layout and the form of a mark, nothing else', () => {
  expect(normalise('co‐operation\n  of men，', 'en')).toBe('co-operation of men,')
  expect(normalise('人人\n自由， ', 'zh')).toBe('人人自由,')
  expect(normalise('ofmen', 'en')).not.toBe(normalise('of men', 'en'))
})

test('a line is as full as it can be, and closing marks stay with their word', () => {
  const measure = (text: string) => text.length
  expect(breakLines('one two three four', 'en', 9, measure)).toEqual(['one two', 'three', 'four'])
  expect(breakLines('人人生而自由,在尊严', 'zh', 6, measure)).toEqual(['人人生而自', '由,在尊严'])
})

test.each(['png', 'jpeg', 'webp'] as const)(
  'half a %s is bad input, not half a page',
  async type => {
    const canvas = createCanvas(200, 300)
    canvas.getContext('2d').fillText('a page', 20, 20)
    const bytes = type === 'png' ? canvas.toBuffer('image/png') : canvas.toBuffer(`image/${type}`)
    const folder = await mkdtemp(join(tmpdir(), 'dray-ocr-'))
    const path = join(folder, `page.${type}`)
    await writeFile(path, bytes)
    expect(await readImage(path)).toMatchObject({ width: 200, height: 300 })
    await writeFile(path, bytes.subarray(0, bytes.length / 2))
    await expect(readImage(path)).rejects.toMatchObject({ code: 'bad-input' })
    await rm(folder, { recursive: true })
  },
)

test('a png with a flipped bit is bad input: a decoder would leave out what follows it', async () => {
  const canvas = createCanvas(200, 300)
  canvas.getContext('2d').fillText('a page', 20, 20)
  const bytes = canvas.toBuffer('image/png')
  bytes[bytes.indexOf('IDAT') + 20] ^= 1
  const folder = await mkdtemp(join(tmpdir(), 'dray-ocr-'))
  const path = join(folder, 'page.png')
  await writeFile(path, bytes)
  await expect(readImage(path)).rejects.toMatchObject({ code: 'bad-input' })
  await rm(folder, { recursive: true })
})

describe('real models on rendered pages', { timeout: 120_000 }, () => {
  let folder: string
  let detector: Model
  let texts: TextOfPage[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dray-ocr-'))
    const pages = join(folder, 'pages')
    await renderPages(pages, { en: 1, zh: 1 })
    detector = await loadDetector()
    const reader = await loadReader()
    texts = []
    for (const name of ['en-01.png', 'zh-01.png']) {
      const found = await findLines(join(pages, name), { loaded: detector })
      texts.push(await readLines(found, { loaded: reader }))
    }
  }, 300_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('at least 97 % of the characters are right, in both languages', async () => {
    const accuracies = await measureAccuracy(texts)
    expect(accuracies.map(({ language }) => language)).toEqual(['en', 'zh'])
    for (const { accuracy, characters } of accuracies) {
      expect(characters).toBeGreaterThan(100)
      expect(accuracy).toBeGreaterThanOrEqual(0.97)
    }
  })

  test('the first line of the first page is the title', () => {
    expect(texts[0].lines[0].text).toBe('Universal Declaration of Human Rights')
  })

  test('the same seed draws the same pages', async () => {
    const again = join(folder, 'again')
    await renderPages(again, { en: 1, zh: 0 })
    const [first, second] = await Promise.all(
      ['pages', 'again'].map(name => readFile(join(folder, name, 'en-01.png'))),
    )
    expect(second.equals(first)).toBe(true)
  })

  test('the summary writes one text a page and counts what failed', async () => {
    const lines = texts.map((result, index) => JSON.stringify({ index, key: result.page, result }))
    lines.push(JSON.stringify({ index: 2, key: 'broken.png', error: { code: 'bad-input' } }))
    await writeFile(join(folder, 'text.jsonl'), `${lines.join('\n')}\n`)
    const summary = await summarise(folder)
    expect(summary).toMatch(/^English: (9[789]|100)\.\d\d % of \d+ characters right on 1 pages/)
    expect(summary).toContain('1 page could not be read')
    expect(await readFile(join(folder, 'text', 'zh-01.txt'), 'utf8')).toBe(`${texts[1].text}\n`)
  })

  test('a file that is no image is bad input, and the error names it', async () => {
    const path = join(folder, 'broken.png')
    await writeFile(path, 'not a picture')
    await expect(findLines(path, { loaded: detector })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(path),
    })
  })
})

function blankMap(width: number, height: number) {
  return { width, height, data: new Float32Array(width * height) }
}

function fill(
  map: ReturnType<typeof blankMap>,
  at: { x: number; y: number; width: number; height: number },
  probability: number,
) {
  for (let y = at.y; y < at.y + at.height; y++)
    map.data.fill(probability, y * map.width + at.x, y * map.width + at.x + at.width)
}

const pageOf = (text: string): TextOfPage => {
  const box = { x: 0, y: 0, width: 1, height: 1, angle: 0 }
  return { page: 'p.png', text, lines: [{ text, confidence: 1, box }] }
}
