import { InputError } from '../../model/input-error.ts'
import { type PlacedSource, problemRow, type Row, type RowOptions, row } from './row.ts'
import { hash64 } from '../../std/hash64.ts'
import { itemJson, jsonText } from './item-json.ts'

/**
 * Sources whose item at an index can be made at once: the cursor is the index. A range's key is the
 * number itself, so that moving its ends keeps what was computed.
 */
export function rangeSource(from: number, to: number, options: RowOptions): PlacedSource {
  const fieldless = options.size.kind !== 'bytes'
  return indexed(to - from, `range:${from}:${to}`, index => {
    const text = String(from + index)
    return { key: text, payload: text, version: '0', size: fieldless ? 1 : text.length }
  })
}

/** Items written in the job file itself. */
export function itemsSource(items: readonly unknown[], options: RowOptions): PlacedSource {
  return indexed(
    items.length,
    `items:${hash64(items.map(item => hash64(jsonText(item) ?? '')).join())}`,
    index => {
      const place = `item ${index}`
      const text = itemJson(items[index])
      if ('why' in text) return problemRow(`${place}: ${text.why}`, index, options)
      return row(text.json, items[index], index, place, options)
    },
  )
}

/**
 * Every combination of the axes' values; the last axis varies fastest. Its values are its key, so that
 * another value on an axis keeps what was computed for the rest.
 */
export function gridSource(
  axes: Readonly<Record<string, readonly unknown[]>>,
  options: RowOptions,
): PlacedSource {
  const names = Object.keys(axes)
  const total = names.reduce((product, name) => product * axes[name].length, 1)
  if (total > MOST_COMBINATIONS) {
    throw new InputError(`input.grid: ${total} combinations; expected at most ${MOST_COMBINATIONS}`)
  }
  return indexed(total, `grid:${hash64(JSON.stringify(axes))}`, index => {
    const value: Record<string, unknown> = {}
    let rest = index
    for (let at = names.length - 1; at >= 0; at -= 1) {
      const values = axes[names[at]]
      value[names[at]] = values[rest % values.length]
      rest = Math.floor(rest / values.length)
    }
    const ordered = Object.fromEntries(names.map(name => [name, value[name]]))
    const made = row(JSON.stringify(ordered), ordered, index, `combination ${index}`, options)
    return { ...made, key: names.map(name => `${name}=${asText(value[name])}`).join(',') }
  })
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

const MOST_COMBINATIONS = 1_000_000_000

function indexed(total: number, fingerprint: string, make: (index: number) => Row): PlacedSource {
  return {
    fingerprint: async () => fingerprint,
    count: async () => total,
    read: async (cursor, limit) => {
      const first = cursor === undefined ? 0 : Number(cursor)
      const end = Math.min(total, first + limit)
      const items: Row[] = []
      for (let index = first; index < end; index += 1) items.push(make(index))
      return { items, cursor: String(end), done: end === total }
    },
    place: index => `item ${index}`,
    close: async () => {},
  }
}
