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
  for (const part of parts) sum = crc32('\n', part === null ? sum : crc32(bytesOf(part), sum))
  return sum
}

/** A flipped bit may turn a column into one of another type: that is another content, not a wrong call. */
function bytesOf(part: string | Uint8Array): string | Uint8Array {
  return typeof part === 'string' || part instanceof Uint8Array ? part : `not text: ${part}`
}
