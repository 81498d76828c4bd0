import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * When a file is another one than before. A new time or size says that it may be: that costs no more than
 * a look at it. Whether it is, its content says, which is hashed where its item runs, when the handler has
 * just read it; so a file that was only touched, copied or checked out again is known by its content.
 */
export const fileVersion = (of: { readonly mtimeMs: number; readonly size: number }): string =>
  `${of.mtimeMs}-${of.size}`

/** Half a gigabyte a second is hashed: at most an eighth of a second an item. Larger files go by time and size. */
const LARGEST_HASHED = 64 * 1024 * 1024
const PIECE = 1024 * 1024

/** `fileVersion`, and a hash of the content as it is now; `undefined` where that cannot be told. */
export function contentVersion(path: string): string | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const before = fstatSync(file)
    if (!before.isFile() || before.size > LARGEST_HASHED) return undefined
    const hash = createHash('sha1')
    const piece = Buffer.allocUnsafe(Math.min(PIECE, before.size + 1))
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece))
      hash.update(piece.subarray(0, read))
    // Written to meanwhile: what was hashed is perhaps neither the one nor the other.
    const version = fileVersion(fstatSync(file))
    return version === fileVersion(before) ? `${version}-${hash.digest('hex')}` : undefined
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** Nothing speaks for a change: the same time and size. */
export const isSameTime = (before: string, now: string): boolean =>
  before === now || before.startsWith(`${now}-`)

/**
 * Of a file with a new time: its version, if it has the size and the content that it had. Only where the size
 * is the same is it read.
 */
export function sameFile(before: string, now: string, path: string): string | undefined {
  const [, size, hash] = /-(\d+)-([0-9a-f]{40})$/.exec(before) ?? []
  if (size === undefined || !now.endsWith(`-${size}`)) return undefined
  const version = contentVersion(path)
  return version === `${now}-${hash}` ? version : undefined
}
