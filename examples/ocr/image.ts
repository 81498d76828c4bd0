import { readFile } from 'node:fs/promises'
import { type Canvas, type Image, loadImage } from '@napi-rs/canvas'

/** Decodes an image file. A file that is no image is the item's own fault: retrying cannot help. */
export async function readImage(path: string): Promise<Image> {
  try {
    const bytes = await readFile(path)
    const image = await loadImage(bytes)
    if (!isWhole(bytes)) throw new Error('it ends before its image does')
    if (image.width > 0 && image.height > 0) return image
  } catch (cause) {
    throw badInput(`${path}: not a readable image (${(cause as Error).message})`)
  }
  throw badInput(`${path}: the image has no pixels`)
}

/** A decoder leaves blank what a cut-off file lacks: half a page would pass for a whole one. */
function isWhole(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, 4)
  if (head === '\x89PNG') return bytes.includes('IEND')
  if (head === 'RIFF') return bytes.length >= 8 + bytes.readUInt32LE(4)
  const [startOfScan, end] = [Buffer.from([0xff, 0xda]), Buffer.from([0xff, 0xd9])]
  return !head.startsWith('\xff\xd8') || bytes.lastIndexOf(end) > bytes.lastIndexOf(startOfScan)
}

/** Interleaved RGBA bytes to three float planes, blue first as PP-OCR was trained (OpenCV's order).
 *  Each plane becomes (value / 255 - mean) / deviation; `width` may exceed the image's: zeros there. */
export function planes(
  canvas: Canvas,
  normal: { readonly mean: readonly number[]; readonly deviation: readonly number[] },
): Float32Array {
  const { width, height } = canvas
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
  const area = width * height
  const out = new Float32Array(3 * area)
  for (let plane = 0; plane < 3; plane++) {
    const scale = 1 / (255 * normal.deviation[plane])
    const shift = normal.mean[plane] / normal.deviation[plane]
    const channel = 2 - plane
    for (let i = 0, at = plane * area; i < area; i++, at++)
      out[at] = data[4 * i + channel] * scale - shift
  }
  return out
}

function badInput(message: string): Error {
  return Object.assign(new Error(message), { code: 'bad-input' })
}
