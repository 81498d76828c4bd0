/** JSON text, or `undefined` for what JSON cannot say: functions, cycles, big integers. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/**
 * An item as the JSON its handler will be given, or why that would be something else: what JSON drops,
 * or turns into null or `{}` without a word, as it may not in results either.
 */
export function itemJson(value: unknown): { readonly json: string } | { readonly why: string } {
  if (value instanceof Map || value instanceof Set)
    return { why: `a ${value.constructor.name} becomes {} in JSON` }
  try {
    const json = JSON.stringify(value)
    if (json === undefined) return { why: 'JSON has no such value' }
    // NaN and the infinities become null: looked for only where there is one.
    if (json.includes('null')) JSON.stringify(value, refuseNotFinite)
    return { json }
  } catch (error) {
    return { why: (error instanceof Error ? error.message : String(error)).split('\n')[0] }
  }
}

export const NOT_JSON = 'not a JSON value; expected text, numbers, lists or objects'

function refuseNotFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`${key === '' ? 'it' : `"${key}"`} is ${value}, which JSON does not have`)
  return value
}
