/**
 * What JSON writes as something else without a word: NaN and the infinities, dates that are none, maps and
 * sets, promises, errors and patterns, numbers packed in typed arrays, wherever they are. Items and results
 * are kept as their JSON, and nothing of them may be lost.
 */

/** Whether the text can stand for something else: its value is looked through only then. */
export const mayHideLosses = (json: string): boolean =>
  json.includes('null') || json.includes('{}') || json.includes('{"0":')

/** A replacer for `JSON.stringify` that throws where something would be lost, naming the field. */
export function refuseLosses(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`${named(key)} is ${value}, which JSON does not have`)
  // A date has become text by now, or null.
  const written = value === null ? (this as Record<string, unknown>)[key] : value
  if (written instanceof Date)
    throw new Error(`${named(key)} is an invalid Date, which becomes null in JSON`)
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value))
    throw new Error(
      `${named(key)} is ${aKind(value)}, which becomes {"0": ...} in JSON; Array.from makes a list of it`,
    )
  if (Object.keys(value).length === 0 && emptied.some(kind => value instanceof kind))
    throw new Error(`${named(key)} is ${aKind(value)}, which becomes {} in JSON`)
  return value
}

const emptied = [Map, Set, WeakMap, WeakSet, Promise, RegExp, Error, ArrayBuffer]

const named = (key: string): string => (key === '' ? 'it' : `"${key}"`)

function aKind({ constructor: { name } }: object): string {
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`
}
