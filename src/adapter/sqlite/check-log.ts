import { readFileSync } from 'node:fs'
import { JournalError } from '../../port/journal-error.ts'

/**
 * SQLite takes the first frame of its write-ahead log that does not add up for the end of it, as a torn tail
 * is. With a flipped bit in the middle that would drop, without a word, what was committed after it. So where
 * later frames of the same log add up again and end two commits or more, of which the first was synced before
 * the second began, the log is damaged and refused. (Format: https://www.sqlite.org/fileformat2.html#walformat)
 * To be called before the database is opened, by the one writer and by who only looks: what somebody writes
 * meanwhile may look broken while it is read, but not twice the same.
 */
export function checkLog(file: string, path = file): void {
  const bytes = contentOf(file)
  const where = damageIn(bytes)
  if (where !== undefined && contentOf(file).equals(bytes)) throw damaged(path, where)
}

/** A closed database has no log, and whoever works with it may close it now. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** Where a log breaks off that goes on after it. */
function damageIn(bytes: Buffer): string | undefined {
  if (bytes.length <= HEADER || bytes.readUInt32BE(0) === 0) return undefined
  const frame = bytes.readUInt32BE(8) + FRAME
  const words = wordsOf(bytes)
  const header = sum(words, [0, 0], 0, 24)
  if (!isStored(bytes, 24, header)) return 'its header'
  let before = header
  let broken = 0
  let commits = 0
  for (let at = HEADER, number = 1; at + frame <= bytes.length; at += frame, number += 1) {
    const own = sum(words, sum(words, before, at, 8), at + FRAME, frame - FRAME)
    const isSound =
      bytes.compare(bytes, 16, 24, at + 8, at + 16) === 0 && isStored(bytes, at + 16, own)
    if (!isSound && broken === 0) broken = number
    if (broken > 0 && isSound && bytes.readUInt32BE(at + 4) > 0) commits += 1
    if (commits > 1) return `frame ${broken}`
    before = [bytes.readUInt32BE(at + 16), bytes.readUInt32BE(at + 20)]
  }
  return undefined
}

const HEADER = 32
const FRAME = 24
type Sum = readonly [number, number]

/** As the log's magic number says: checksums are of words in the order of who wrote them. */
function wordsOf(bytes: Buffer): Uint32Array {
  const words = new Uint8Array(bytes.length - (bytes.length % 8))
  words.set(bytes.subarray(0, words.length))
  if (bytes.readUInt32BE(0) % 2 === 1) Buffer.from(words.buffer).swap32()
  return new Uint32Array(words.buffer)
}

function sum(words: Uint32Array, [first, second]: Sum, from: number, length: number): Sum {
  let [a, b] = [first, second]
  const end = (from + length) / 4
  for (let at = from / 4; at < end; at += 2) {
    a = (a + words[at] + b) >>> 0
    b = (b + words[at + 1] + a) >>> 0
  }
  return [a, b]
}

const isStored = (bytes: Buffer, at: number, [a, b]: Sum): boolean =>
  bytes.readUInt32BE(at) === a && bytes.readUInt32BE(at + 4) === b

function damaged(path: string, where: string): JournalError {
  return new JournalError('corrupt', {
    where: `${where} of ${path}`,
    what: 'the log is damaged, with commits after it that would be lost',
    expected: 'what was committed',
    remedy:
      'Restore the folder from a backup, or start afresh in another one (--dir, or dir of open).',
  })
}
