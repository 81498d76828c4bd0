/**
 * Cuts a stream of bytes into lines. Only whole lines are decoded, in one go per chunk, so a
 * character split between two chunks stays whole; a line longer than the limit is reported once
 * and the stream is dead after it.
 */
export function lineCutter(options: {
  readonly onLine: (line: string) => void
  readonly maxLine: () => number
  readonly onTooLong: () => void
}): (chunk: Uint8Array) => void {
  let carried: Uint8Array[] = []
  let carriedBytes = 0
  let dead = false
  return chunk => {
    if (dead) return
    const end = chunk.lastIndexOf(0x0a)
    if (end < 0) {
      carried.push(chunk)
      carriedBytes += chunk.length
      if (carriedBytes <= options.maxLine()) return
      dead = true
      carried = []
      options.onTooLong()
      return
    }
    const whole = chunk.subarray(0, end)
    const text = decode(carried.length === 0 ? whole : Buffer.concat([...carried, whole]))
    carried = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : []
    carriedBytes = chunk.length - end - 1
    eachLine(text, options.onLine)
  }
}

export function eachLine(text: string, onLine: (line: string) => void): void {
  let from = 0
  for (;;) {
    const to = text.indexOf('\n', from)
    if (to < 0) break
    onLine(text.slice(from, to))
    from = to + 1
  }
  onLine(text.slice(from))
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
