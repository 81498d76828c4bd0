import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { type Canvas, type Image, loadImage } from '@napi-rs/canvas'

/** Decodes an image file. A file that is no image is the item's own fault: retrying cannot help. */
export async function readImage(path: string): Promise<Image> {
  try {
    const bytes = await readFile(path)
    const image = await loadImage(bytes)
    const fault = faultOf(bytes)
    if (fault !== undefined) throw new Error(fault)
    if (image.width > 0 && image.height > 0) return image
  } catch (cause) {
    throw badInput(`${path}: not a readable image (${(cause as Error).message})`)
  }
  throw badInput(`${path}: the image has no pixels`)
}

/** A decoder leaves blank what a cut-off or damaged file lacks: half a page would pass for a whole one. */
function faultOf(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 4)
  if (head === '\x89PNG') return faultOfPng(bytes)
  if (head === 'RIFF') return bytes.length < 8 + bytes.readUInt32LE(4) ? CUT_OFF : undefined
  if (!head.startsWith('\xff\xd8')) return undefined
  const [startOfScan, end] = [Buffer.from([0xff, 0xda]), Buffer.from([0xff, 0xd9])]
  return bytes.lastIndexOf(end) > bytes.lastIndexOf(startOfScan) ? undefined : CUT_OFF
}

const CUT_OFF = 'it ends before its image does'

/** Each chunk has a length, a name, its data and a checksum of both; a name in capitals is needed for the image. */
function faultOfPng(bytes: Buffer): string | undefined {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at)
    if (end + 4 > bytes.length) return CUT_OFF
    const name = bytes.toString('latin1', at + 4, at + 8)
    const isNeeded = name[0] === name[0].toUpperCase()
    if (isNeeded && crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end))
      return `it is damaged: the checksum of its ${name} at byte ${at} does not hold`
    if (name === 'IEND') return undefined
    at = end + 4
  }
  return CUT_OFF
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
