import { createCanvas, type Image } from '@napi-rs/canvas'
import { Tensor } from 'onnxruntime-node'
import type { Box } from './boxes.ts'
import { decode } from './ctc.ts'
import type { LinesOfPage } from './find-lines.ts'
import { planes, readImage } from './image.ts'
import { loadAlphabet, loadRecogniser, type Model } from './models.ts'

/** A page's text, line by line in reading order. */
export type TextOfPage = {
  readonly page: string
  readonly lines: readonly {
    readonly text: string
    readonly confidence: number
    readonly box: Box
  }[]
  readonly text: string
}

type Reader = { readonly model: Model; readonly alphabet: readonly string[] }

/** The recogniser's input height. */
const lineHeight = 48
const normal = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] }
/** Taller than wide by this much: text set from top to bottom, turned before it is read. */
const upright = 1.5
/** Below this confidence a box holds a picture or a stain, not text; PP-OCR's value. */
const leastConfidence = 0.5

export const setup = async (): Promise<Reader> => ({
  model: await loadRecogniser(),
  alphabet: await loadAlphabet(),
})

/** Lines go through the network one at a time: on a CPU a batch only adds padding. */
export default async function readLines(
  found: LinesOfPage,
  ctx: { readonly loaded: Reader },
): Promise<TextOfPage> {
  const image = await readImage(found.page)
  const lines: TextOfPage['lines'][number][] = []
  for (const box of found.boxes) {
    const { text, confidence } = await readLine(ctx.loaded, image, box)
    if (text.trim() !== '' && confidence >= leastConfidence) lines.push({ text, confidence, box })
  }
  return { page: found.page, lines, text: lines.map(line => line.text).join('\n') }
}

async function readLine(reader: Reader, image: Image, box: Box) {
  const crop = straighten(image, box)
  const input = new Tensor('float32', planes(crop, normal), [1, 3, crop.height, crop.width])
  const output = await reader.model.run(input)
  return decode(output.data as Float32Array, output.dims[1], reader.alphabet)
}

/** The box cut out, turned level and scaled to the recogniser's height. */
function straighten(image: Image, box: Box) {
  const turned = box.height > upright * box.width
  const length = turned ? box.height : box.width
  const scale = lineHeight / (turned ? box.width : box.height)
  const canvas = createCanvas(Math.max(8, Math.round(length * scale)), lineHeight)
  const context = canvas.getContext('2d')
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.imageSmoothingQuality = 'high'
  context.translate(canvas.width / 2, canvas.height / 2)
  context.scale(scale, scale)
  context.rotate((turned ? -Math.PI / 2 : 0) - box.angle)
  context.translate(-box.x, -box.y)
  context.drawImage(image, 0, 0)
  return canvas
}
