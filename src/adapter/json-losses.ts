/**
 * What JSON writes as null or `{}` without a word: NaN, the infinities, maps and sets, wherever they are.
 * Items and results are kept as their JSON, and nothing of them may be lost.
 */

/** Whether the text can stand for something else: its value is looked through only then. */
export const mayHideLosses = (json: string): boolean => json.includes('null') || json.includes('{}')

/** A replacer for `JSON.stringify` that throws where something would be lost, naming the field. */
export function refuseLosses(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`${named(key)} is ${value}, which JSON does not have`)
  if (value instanceof Map || value instanceof Set)
    throw new Error(`${named(key)} is a ${value.constructor.name}, which becomes {} in JSON`)
  return value
}

const named = (key: string): string => (key === '' ? 'it' : `"${key}"`)
