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

/**
 * Throws at a function or a symbol, wherever it is: JSON leaves such a field out and leaves no trace of it, as of a
 * method that was named and not called. What has a `toJSON` is what that says.
 */
export function refuseFunctions(value: unknown, key = ''): void {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new Error(`${named(key)} is a ${typeof value}, which JSON does not have`)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  const fields = value as Readonly<Record<string, unknown>>
  if (typeof fields.toJSON === 'function') return
  if (Array.isArray(value)) for (const entry of value) refuseFunctions(entry, key)
  else for (const name of Object.keys(fields)) refuseFunctions(fields[name], name)
}

const emptied = [Map, Set, WeakMap, WeakSet, Promise, RegExp, Error, ArrayBuffer]

const named = (key: string): string => (key === '' ? 'it' : `"${key}"`)

function aKind({ constructor: { name } }: object): string {
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`
}
