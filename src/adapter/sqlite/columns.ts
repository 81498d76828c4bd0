import { assert } from '../../std/assert.ts'

/**
 * Columns of a batch as few bytes. Item numbers, instants and slots of one batch lie close together, so
 * a column is the differences of neighbours as variable-length integers: about one byte per value where
 * JSON takes seven. A column of equal values is one value; one with fractions falls back to 64-bit floats.
 */
export function packNumbers(columns: readonly (readonly number[])[]): Buffer {
  let room = 0
  for (const column of columns) room += 16 + 10 * column.length
  const bytes = Buffer.allocUnsafe(room)
  let at = 0
  for (const column of columns) at = packColumn(bytes, at, column)
  // A copy of the right size: the oversized buffer is not kept alive.
  return Buffer.from(bytes.subarray(0, at))
}

/** The inverse of `packNumbers` for columns that are all `count` long. */
export function unpackNumbers(bytes: Uint8Array, columns: number, count: number): number[][] {
  const reader = { view: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at: 0 }
  const unpacked: number[][] = []
  for (let column = 0; column < columns; column += 1) unpacked.push(unpackColumn(reader, count))
  assert(reader.at === bytes.length, 'a packed column has bytes left over')
  return unpacked
}

const equal = 0
const deltas = 1
const floats = 2

function packColumn(bytes: Buffer, start: number, column: readonly number[]): number {
  const layout = layoutOf(column)
  if (layout === floats) return packFloats(bytes, start, column)
  bytes[start] = layout
  let at = start + 1
  let previous = 0
  const length = layout === equal ? 1 : column.length
  for (let i = 0; i < length; i += 1) {
    const value = column[i]
    const delta = value - previous
    previous = value
    // Half of all deltas are one byte; the common case stays in this loop.
    if (delta >= 0 && delta < 64) bytes[at++] = delta * 2
    else at = writeDelta(bytes, at, delta)
  }
  return at
}

/** Below 2^51 a difference, doubled for its sign, is still exact. */
const widest = 2 ** 51

function layoutOf(column: readonly number[]): number {
  let layout = column.length === 0 ? deltas : equal
  for (let i = 0; i < column.length; i += 1) {
    if (!Number.isInteger(column[i]) || Math.abs(column[i]) >= widest) return floats
    if (column[i] !== column[0]) layout = deltas
  }
  return layout
}

function packFloats(bytes: Buffer, start: number, column: readonly number[]): number {
  bytes[start] = floats
  let at = start + 1
  for (const value of column) at = bytes.writeDoubleLE(value, at)
  return at
}

/** Zigzag and seven bits a byte; beyond 31 bits by arithmetic, since bit operations would truncate. */
function writeDelta(bytes: Buffer, start: number, delta: number): number {
  let rest = delta >= 0 ? delta * 2 : -delta * 2 - 1
  let at = start
  while (rest > 0x7fffffff) {
    bytes[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

type Reader = { readonly view: Buffer; at: number }

function unpackColumn(reader: Reader, count: number): number[] {
  const layout = reader.view[reader.at++]
  if (layout === equal) return new Array<number>(count).fill(readDelta(reader))
  assert(layout === deltas || layout === floats, `no column layout ${layout}`)
  const column = new Array<number>(count)
  let previous = 0
  for (let i = 0; i < count; i += 1) {
    previous = layout === floats ? readDouble(reader) : previous + readDelta(reader)
    column[i] = previous
  }
  return column
}

function readDouble(reader: Reader): number {
  const value = reader.view.readDoubleLE(reader.at)
  reader.at += 8
  return value
}

function readDelta(reader: Reader): number {
  let byte = reader.view[reader.at++]
  let value = byte & 127
  for (let scale = 128; byte > 127; scale *= 128) {
    byte = reader.view[reader.at++]
    value += (byte & 127) * scale
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** A text column: one JSON string where all are equal, else a JSON array. */
export function packTexts(column: readonly string[]): string {
  return JSON.stringify(allEqual(column) ? column[0] : column)
}

export function allEqual(column: readonly string[]): boolean {
  const first = column[0]
  for (let i = 1; i < column.length; i += 1) if (column[i] !== first) return false
  return column.length > 0
}
