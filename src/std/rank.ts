/**
 * The indices of `keys`, least key first, ties by index: what sorting indices by `keys[a] - keys[b] || a - b`
 * gives, also where keys are infinite. NaN is no key. Many are sorted by digits (least significant first,
 * Seward 1954), which takes a tenth of the time of asking a function a million times.
 */
export function rankedBy(keys: Float64Array): Int32Array {
  const order = new Int32Array(keys.length)
  for (let at = 0; at < order.length; at += 1) order[at] = at
  if (keys.length >= many) return byDigits(keys, order)
  return order.sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b))
}

const many = 4_096
const digits = 65_536

function byDigits(keys: Float64Array, ranked: Int32Array): Int32Array {
  const { low, high } = ascendingBits(keys)
  let order: Int32Array = ranked
  let other: Int32Array = new Int32Array(order.length)
  const next = new Int32Array(digits)
  for (const [words, shift] of [
    [low, 0],
    [low, 16],
    [high, 0],
    [high, 16],
  ] as const) {
    next.fill(0)
    for (let at = 0; at < words.length; at += 1) next[(words[at] >>> shift) & 0xffff] += 1
    // All alike here, as the low digits of whole numbers are: nothing would move.
    if (next[(words[0] >>> shift) & 0xffff] === words.length) continue
    for (let digit = 0, before = 0; digit < digits; digit += 1) {
      const count = next[digit]
      next[digit] = before
      before += count
    }
    for (let at = 0; at < order.length; at += 1) {
      const digit = (words[order[at]] >>> shift) & 0xffff
      other[next[digit]] = order[at]
      next[digit] += 1
    }
    const sorted = other
    other = order
    order = sorted
  }
  return order
}

/** Bits that, read as whole numbers, ascend as the keys do: all turned where negative, else the sign. */
function ascendingBits(keys: Float64Array) {
  const low = new Uint32Array(keys.length)
  const high = new Uint32Array(keys.length)
  const value = new Float64Array(1)
  const bits = new Uint32Array(value.buffer)
  for (let at = 0; at < keys.length; at += 1) {
    // A negative zero is zero.
    value[0] = keys[at] + 0
    const negative = bits[highWord] >>> 31 === 1
    low[at] = negative ? ~bits[1 - highWord] : bits[1 - highWord]
    high[at] = negative ? ~bits[highWord] : bits[highWord] | 0x80000000
  }
  return { low, high }
}

/** Of the two words of a number: the second on little-endian machines. */
const highWord = new Uint8Array(new Uint16Array([1]).buffer)[0]
