/**
 * A fast 64-bit hash of a string, for noticing change and finding equals; not for secrecy. Two
 * 32-bit lanes are mixed by multiplication and finished as in MurmurHash3 (Appleby 2011), in integer
 * arithmetic, so every machine gets the same value.
 */
export function hash64(text: string): string {
  hashInto(text, lanes)
  return hex(lanes[1]) + hex(lanes[0])
}

/** Both lanes into `out[0]` and `out[1]`: for tables that hash a million keys and allocate nothing. */
export function hashInto(text: string, out: Uint32Array): void {
  let a = 0x243f6a88 ^ text.length
  let b = 0x85a308d3
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    a = Math.imul(a ^ unit, 0x85ebca6b)
    a = (a << 13) | (a >>> 19)
    b = Math.imul(b ^ unit, 0xc2b2ae35)
    b = (b << 17) | (b >>> 15)
  }
  out[0] = finish(a ^ Math.imul(b, 0x9e3779b1))
  out[1] = finish(b ^ Math.imul(a, 0x27d4eb2f))
}

const lanes = new Uint32Array(2)

function finish(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

const hex = (lane: number): string => lane.toString(16).padStart(8, '0')
