/**
 * What JSON leaves out or writes as something else without a word: functions and symbols, NaN and the infinities,
 * dates that are none, numbers packed in typed arrays, and objects that keep what they hold elsewhere than in fields of
 * their own (maps, sets, promises, errors, a `Response`, a class with private fields). Items and results are kept as
 * their JSON, and nothing of them may be lost. One walk, beside `JSON.stringify` at its native speed: a replacer takes
 * several times as long.
 */

/** Throws where JSON would lose something of a value, naming the field. What has a `toJSON` is what that says. */
export function refuseLosses(value: unknown, key = ''): void {
  if (typeof value === 'object') {
    if (value !== null) refuseWithin(value, key)
  } else refuseSimple(value, key)
}

function refuseSimple(value: unknown, key: string): void {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`${named(key)} is ${value}, which JSON does not have`)
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new Error(`${named(key)} is a ${typeof value}, which JSON does not have`)
}

function refuseWithin(value: object, key: string): void {
  const { toJSON } = value as { readonly toJSON?: unknown }
  if (typeof toJSON !== 'function') return refuseParts(value, key)
  if (value instanceof Date && Number.isNaN(value.getTime()))
    throw new Error(`${named(key)} is an invalid Date, which becomes null in JSON`)
  if (value instanceof Date || ArrayBuffer.isView(value)) return
  // JSON does not call `toJSON` again on what a `toJSON` returned.
  const said: unknown = toJSON.call(value, key)
  if (typeof said === 'object' && said !== null) refuseParts(said, key)
  else refuseSimple(said, key)
}

function refuseParts(value: object, key: string): void {
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const entry: unknown = value[at]
      // Fast path for the elements of long lists: their paths are only built when something is wrong.
      if (typeof entry === 'string' || Number.isFinite(entry)) continue
      refuseLosses(entry, `${key}[${at}]`)
    }
    return
  }
  const names = Object.keys(value)
  if (!isPlain(value)) refuseKind(value, names.length, key)
  const fields = value as Readonly<Record<string, unknown>>
  for (const name of names) refuseLosses(fields[name], name)
}

/** Those of another realm included, whose `Object` is not ours. */
function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value)
  return (
    prototype === Object.prototype ||
    prototype === null ||
    Object.getPrototypeOf(prototype) === null
  )
}

function refuseKind(value: object, fields: number, key: string): void {
  if (ArrayBuffer.isView(value))
    throw new Error(
      `${named(key)} is ${aKind(value)}, which becomes {"0": ...} in JSON; Array.from makes a list of it`,
    )
  if (fields > 0 && !holders.some(kind => value instanceof kind)) return
  const json = JSON.stringify(value)
  if (json.startsWith('{'))
    throw new Error(`${named(key)} is ${aKind(value)}, which becomes ${shortened(json)} in JSON`)
}

/** They hold more than fields they may have been given. */
const holders = [Map, Set, WeakMap, WeakSet, Promise, RegExp, Error, ArrayBuffer]

/**
 * What `JSON.stringify` says when it throws names no field. The one that holds what JSON cannot, where one is found;
 * what was thrown otherwise.
 */
export function whyNoJson(value: unknown, thrown: unknown): unknown {
  let why = thrown
  try {
    refuseUnsayable(value, '', new Set())
  } catch (found) {
    why = found
  }
  return isTooDeep(why) ? new Error('it is nested too deeply') : why
}

const isTooDeep = (error: unknown): boolean =>
  error instanceof RangeError && error.message.includes('call stack')

function refuseUnsayable(value: unknown, key: string, within: Set<object>): void {
  if (typeof value === 'bigint')
    throw new Error(`${named(key)} is a BigInt, which JSON does not have; String makes text of it`)
  if (typeof value !== 'object' || value === null) return
  if (within.has(value)) throw new Error(`${named(key)} is circular: it leads to itself again`)
  if (typeof (value as { readonly toJSON?: unknown }).toJSON === 'function') return
  within.add(value)
  const list = Array.isArray(value)
  for (const [name, part] of Object.entries(value))
    refuseUnsayable(part, list ? `${key}[${name}]` : name, within)
  within.delete(value)
}

const shortened = (json: string): string => (json.length > 60 ? `${json.slice(0, 60)}...` : json)

const named = (key: string): string => (key === '' ? 'it' : `"${key}"`)

/** `a Map`, `an Array Iterator`. */
function aKind(value: object): string {
  const made: unknown = (value as { readonly constructor?: { readonly name?: unknown } | null })
    .constructor?.name
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  const kind = typeof made === 'string' && made !== '' && made !== 'Object' ? made : tag
  return `${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}`
}
