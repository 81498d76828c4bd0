import { createCanvas, type Image } from '@napi-rs/canvas'
import { Tensor } from 'onnxruntime-node'
import { type Box, findBoxes } from './boxes.ts'
import { planes, readImage } from './image.ts'
import { loadDetector, type Model } from './models.ts'
import { inReadingOrder } from './reading-order.ts'

/** Where the text lines of a page are, in reading order and in the page's own pixels. */
export type LinesOfPage = {
  readonly page: string
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
}

/** The network halves its input five times, so its sides are multiples of this. */
const stride = 32
/** Longest side given to the network. Measured in docs/decisions/ocr-dependencies.md. */
const longestSide = 960
/** ImageNet's mean and deviation, which the detector was trained with. */
const normal = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] }

export const setup = loadDetector

export default async function findLines(
  page: string,
  ctx: { readonly loaded: Model },
): Promise<LinesOfPage> {
  const image = await readImage(page)
  const canvas = shrink(image)
  const shape = [1, 3, canvas.height, canvas.width]
  const map = await ctx.loaded.run(new Tensor('float32', planes(canvas, normal), shape))
  const found = findBoxes({
    data: map.data as Float32Array,
    width: canvas.width,
    height: canvas.height,
  })
  const across = image.width / canvas.width
  const down = image.height / canvas.height
  const boxes = found.map(box => stretch(box, across, down))
  return { page, width: image.width, height: image.height, boxes: inReadingOrder(boxes) }
}

/** The page at the network's size, on white: a transparent image is read as printed on paper. */
function shrink(image: Image) {
  const scale = Math.min(1, longestSide / Math.max(image.width, image.height))
  const side = (length: number) => Math.max(stride, Math.round((length * scale) / stride) * stride)
  const canvas = createCanvas(side(image.width), side(image.height))
  const context = canvas.getContext('2d')
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas
}

/** Both factors differ only by the rounding to the stride, so a rectangle stays nearly one. */
function stretch(box: Box, across: number, down: number): Box {
  const cos = Math.cos(box.angle)
  const sin = Math.sin(box.angle)
  return {
    x: tenth(box.x * across),
    y: tenth(box.y * down),
    width: tenth(box.width * Math.hypot(cos * across, sin * down)),
    height: tenth(box.height * Math.hypot(sin * across, cos * down)),
    angle: Math.round(Math.atan2(sin * down, cos * across) * 1e5) / 1e5,
  }
}

const tenth = (value: number) => Math.round(value * 10) / 10
