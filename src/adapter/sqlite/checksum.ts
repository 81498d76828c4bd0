import { crc32 } from 'node:zlib'

/**
 * CRC-32 over the parts of a row in order, starting from `seed`: the previous row's checksum makes a
 * chain, in which a missing, swapped or repeated row shows as much as a flipped bit. It is meant against
 * accidents, not against an adversary, and runs natively at memory speed.
 */
export function checksumOf(
  seed: number,
  ...parts: readonly (string | Uint8Array | null)[]
): number {
  let sum = seed
  // A separator after each part: 'ab' + 'c' and 'a' + 'bc' are different rows.
  for (const part of parts) sum = afterNewline(part === null ? sum : crc32(bytesOf(part), sum))
  return sum
}

/** `crc32('\n', sum)`, without the call out of JavaScript, which would cost ten times as much. */
const afterNewline = (sum: number): number => ~(ofByte[(~sum ^ 10) & 255] ^ (~sum >>> 8)) >>> 0

const ofByte = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  return sum
})

/** A flipped bit may turn a column into one of another type: that is another content, not a wrong call. */
function bytesOf(part: string | Uint8Array): string | Uint8Array {
  return typeof part === 'string' || part instanceof Uint8Array ? part : `not text: ${part}`
}
