import { isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'

/** Longer lines are an item with a problem, so that one line never fills the memory. */
export const LONGEST_LINE = 16 * 1024 * 1024
const BLOCK = 1024 * 1024
/** What a file that is written again while it is read is known by: appending leaves its beginning as it was. */
const HEAD = 64 * 1024

/**
 * Reads a file line by line from any byte offset. `next` is synchronous, so a million lines cost no
 * million promises; when it answers 'more' the caller awaits `fill` and asks again.
 */
export class LineReader {
  /** The line last read, without its end. */
  text = ''
  /** Its number, from 1. */
  line: number
  /** The byte after it: where a reader opened again continues. */
  offset: number
  /** What it ended with. */
  lineEnd: '\n' | '\r\n' = '\n'
  /** It was cut: longer than `longest` bytes. */
  tooLong = false
  /** It holds bytes that are not UTF-8. */
  garbled = false
  /** It ended with the file, without a line end: perhaps half written. */
  unended = false

  private buffer = Buffer.allocUnsafe(BLOCK)
  private start = 0
  private end = 0
  private scanned = 0
  private readAt: number
  private atEnd = false
  private skipping = false
  private readonly file: FileHandle
  private readonly head: Buffer
  private readonly longest: number

  private constructor(
    file: FileHandle,
    head: Buffer,
    from: { offset: number; line: number },
    longest: number,
  ) {
    this.file = file
    this.head = head
    this.offset = from.offset
    this.readAt = from.offset
    this.line = from.line
    this.longest = longest
  }

  static async open(
    path: string,
    from: { readonly offset: number; readonly line: number } = { offset: 0, line: 0 },
    longest = LONGEST_LINE,
  ): Promise<LineReader> {
    const file = await open(path, 'r')
    return new LineReader(file, await readHead(file, HEAD), from, longest)
  }

  next(): 'line' | 'more' | 'end' {
    const found = lineEnd(this.buffer, Math.max(this.start, this.scanned), this.end)
    if (found >= 0) return this.take(found, found + 1)
    this.scanned = this.end
    if (!this.atEnd) return 'more'
    if (this.start === this.end && !this.skipping) return 'end'
    this.unended = true
    return this.take(this.end, this.end)
  }

  async fill(): Promise<void> {
    if (this.skipping || this.end - this.start > this.longest) {
      this.skipping = true
      this.offset += this.end - this.start
      this.start = this.end
    }
    if (this.start > 0) {
      this.buffer.copy(this.buffer, 0, this.start, this.end)
      this.end -= this.start
      this.start = 0
    } else if (this.end === this.buffer.length) {
      const larger = Buffer.allocUnsafe(this.buffer.length * 2)
      this.buffer.copy(larger, 0, 0, this.end)
      this.buffer = larger
    }
    this.scanned = this.end
    const room = this.buffer.length - this.end
    const { bytesRead } = await this.file.read(this.buffer, this.end, room, this.readAt)
    if (this.readAt === 0) this.start = bomLength(this.buffer.subarray(0, bytesRead))
    this.offset += this.readAt === 0 ? this.start : 0
    this.readAt += bytesRead
    this.end += bytesRead
    this.atEnd = bytesRead === 0
  }

  /** The file ends before what was read of it, or no longer begins as it did: it was cut off or written again. */
  async wasRewritten(): Promise<boolean> {
    if ((await this.file.stat()).size < this.readAt) return true
    return !this.head.equals(await readHead(this.file, this.head.length))
  }

  async close(): Promise<void> {
    await this.file.close()
  }

  private take(end: number, next: number): 'line' {
    const { buffer, start } = this
    const last = end > start && buffer[end - 1] === 13 ? end - 1 : end
    this.lineEnd = last === end ? '\n' : '\r\n'
    this.tooLong = this.skipping || end - start > this.longest
    this.skipping = false
    this.text = this.tooLong ? '' : buffer.toString('utf8', start, last)
    this.garbled = this.text.includes('\uFFFD') && !isUtf8(buffer.subarray(start, last))
    this.offset += next - start
    this.start = next
    this.scanned = next
    this.line += 1
    return 'line'
  }
}

async function readHead(file: FileHandle, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0)
  return buffer.subarray(0, bytesRead)
}

/** A UTF-8 byte order mark is no part of the first line. */
export const bomLength = (head: Buffer): number =>
  head.length >= 3 && head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0

/** Most lines are short, and a loop finds their end sooner than a call into the runtime does. */
function lineEnd(buffer: Buffer, from: number, end: number): number {
  const near = Math.min(end, from + 256)
  for (let at = from; at < near; at += 1) if (buffer[at] === 10) return at
  if (near === end) return -1
  const found = buffer.indexOf(10, near)
  return found < end ? found : -1
}
