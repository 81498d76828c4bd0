import { hashInto } from './hash64.ts'

/**
 * Which index first had a key, by a 64-bit hash: open addressing in typed arrays, 12 bytes a slot at
 * a load of at most three quarters, so a million keys take 24 MB whatever their length (a `Map` of short strings: 61).
 * Different keys may share a hash: an answer is a suspicion, to be verified against the key itself.
 */
export type KeySet = {
  /** The index suspected to have the same key, or `undefined`; the key is then remembered as `index`. */
  add(key: string, index: number): number | undefined
  /** The same suspicion; nothing is remembered. */
  find(key: string): number | undefined
  size(): number
}

export function keySet(): KeySet {
  let table = makeTable(1024)
  let size = 0
  const hash = new Uint32Array(2)
  return {
    add: (key, index) => {
      hashInto(key, hash)
      const slot = findSlot(table, hash[0], hash[1])
      if (table.index[slot] !== EMPTY) return table.index[slot]
      put(table, slot, hash[0], hash[1], index)
      size += 1
      if (size * 4 > table.index.length * 3) table = grown(table)
      return undefined
    },
    find: key => {
      hashInto(key, hash)
      const index = table.index[findSlot(table, hash[0], hash[1])]
      return index === EMPTY ? undefined : index
    },
    size: () => size,
  }
}

type Table = { readonly low: Uint32Array; readonly high: Uint32Array; readonly index: Uint32Array }

const EMPTY = 0xffffffff

const makeTable = (slots: number): Table => ({
  low: new Uint32Array(slots),
  high: new Uint32Array(slots),
  index: new Uint32Array(slots).fill(EMPTY),
})

/** The slot of the hash, or the empty one where it belongs. */
function findSlot(table: Table, low: number, high: number): number {
  const mask = table.index.length - 1
  let slot = low & mask
  while (table.index[slot] !== EMPTY && (table.low[slot] !== low || table.high[slot] !== high)) {
    slot = (slot + 1) & mask
  }
  return slot
}

function put(table: Table, slot: number, low: number, high: number, index: number): void {
  table.low[slot] = low
  table.high[slot] = high
  table.index[slot] = index
}

function grown(table: Table): Table {
  const larger = makeTable(table.index.length * 2)
  for (let slot = 0; slot < table.index.length; slot += 1) {
    if (table.index[slot] === EMPTY) continue
    const [low, high] = [table.low[slot], table.high[slot]]
    put(larger, findSlot(larger, low, high), low, high, table.index[slot])
  }
  return larger
}
