import { crc32 } from 'node:zlib'

/**
 * Answers that a slot has worked out and not yet sent, as its file holds them: what is there outlives the slot and
 * the loop, whatever kills them, though not the box. A file has two parts that take turns, each begun anew when what
 * was in the other has been sent, so that what is on its way is still there. Blocks carry a checksum: what follows the
 * last one is older, or torn.
 */
export type SavedAnswer = {
  /** Of the stage and its code, as in `StageDefinition`. */
  readonly print: string
  readonly index: number
  /** Of the item's payload, as `checksumOf` has it. */
  readonly payload: number
  /** As the slot would send it, without its mark. */
  readonly line: string
}

/** Bytes of one of the two parts. */
export const PART_BYTES = 128 * 1024

export const checksumOf = (text: string): number => crc32(text)

/** `line` ends with its newline. */
export const encodeSaved = ({ print, index, payload, line }: SavedAnswer): string =>
  `${print} ${index} ${payload} ${line}`

export function encodeBlock(text: string): Buffer {
  const body = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${crc32(body)} ${body.length}\n`), body])
}

export function decodeFile(bytes: Buffer): SavedAnswer[] {
  return [0, PART_BYTES].flatMap(from => decodePart(bytes.subarray(from, from + PART_BYTES)))
}

function decodePart(bytes: Buffer): SavedAnswer[] {
  const found: SavedAnswer[] = []
  for (let at = 0; ; ) {
    const [whole, checksum, length] = bytes.toString('latin1', at, at + HEAD).match(HEADER) ?? []
    if (whole === undefined) return found
    const body = bytes.subarray(at + whole.length, at + whole.length + Number(length))
    if (crc32(body) !== Number(checksum)) return found
    for (const line of body.toString('utf8').split('\n')) {
      const [, print, index, payload, rest] = line.match(LINE) ?? []
      if (rest === undefined) continue
      found.push({ print, index: Number(index), payload: Number(payload), line: rest })
    }
    at += whole.length + body.length
  }
}

const HEADER = /^(\d{1,10}) (\d{1,10})\n/
const HEAD = 22
/** A result's JSON may hold characters that `.` takes for ends of lines. */
const LINE = /^(\S+) (\d+) (\d+) (.*)$/s
