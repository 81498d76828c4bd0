import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import type { Language, Passage } from './declaration.ts'
import type { Face } from './fonts.ts'
import { breakLines } from './layout.ts'

/** How a page looks: what a scan of a printed page varies in. */
export type Look = {
  readonly face: Face
  readonly bold: boolean
  readonly size: number
  readonly leading: number
  readonly width: number
  readonly height: number
  /** Radians. */
  readonly slant: number
  /** 0 to 255: the paper's and the ink's grey. */
  readonly paper: number
  readonly ink: number
  /** Half the range of the grey added to each pixel. */
  readonly grain: number
}

export type Drawn = { readonly canvas: Canvas; readonly lines: readonly string[] }

/**
 * Draws passages from `first` until the page is full, and says how many went on it. A passage is
 * never cut, except that one longer than a whole page keeps only the lines that fit.
 */
export function drawPage(
  passages: readonly Passage[],
  first: number,
  language: Language,
  look: Look,
  random: () => number,
): Drawn & { readonly used: number } {
  const canvas = createCanvas(look.width, look.height)
  const context = canvas.getContext('2d')
  context.fillStyle = grey(look.paper)
  context.fillRect(0, 0, look.width, look.height)
  context.fillStyle = grey(look.ink)
  context.translate(look.width / 2, look.height / 2)
  context.rotate(look.slant)
  context.translate(-look.width / 2, -look.height / 2)
  const { lines, used } = setPassages(context, passages, first, language, look)
  addGrain(context, look, random)
  return { canvas, lines, used }
}

function setPassages(
  context: SKRSContext2D,
  passages: readonly Passage[],
  first: number,
  language: Language,
  look: Look,
) {
  const margin = Math.round(look.width * 0.07)
  const bottom = look.height - margin
  const measure = (part: string) => context.measureText(part).width
  const lines: string[] = []
  let used = 0
  let y = margin + look.size
  while (used < passages.length) {
    const { kind, text } = passages[(first + used) % passages.length]
    const size = kind === 'heading' ? Math.round(look.size * 1.25) : look.size
    context.font = look.face.css(kind === 'heading' || look.bold ? 700 : 400, size)
    const step = Math.round(size * look.leading)
    const set = breakLines(text, language, look.width - 2 * margin, measure)
    if (used > 0 && y + (set.length - 1) * step > bottom) break
    for (const line of set) {
      if (y > bottom) break
      context.fillText(line, margin, y)
      lines.push(line)
      y += step
    }
    y += Math.round(look.size * 0.6)
    used++
  }
  return { lines, used }
}

/** The sensor's noise: the same grey added to the three channels of a pixel. */
function addGrain(context: SKRSContext2D, look: Look, random: () => number): void {
  const image = context.getImageData(0, 0, look.width, look.height)
  const { data } = image
  for (let i = 0; i < data.length; i += 4) {
    const change = (random() + random() - 1) * look.grain
    data[i] += change
    data[i + 1] += change
    data[i + 2] += change
  }
  context.putImageData(image, 0, 0)
}

const grey = (value: number) => `rgb(${value},${value},${value})`
