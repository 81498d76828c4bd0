import { refuseLosses, whyNoJson } from '../json-losses.ts'
import { LONGEST_LINE } from './line-reader.ts'

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
 * or turns into null or `{}` without a word, as it may not in results either. As long as a line may be.
 */
export function itemJson(value: unknown): { readonly json: string } | { readonly why: string } {
  try {
    const json = JSON.stringify(value)
    if (json === undefined) return { why: notJson(`JSON has no ${typeof value}`) }
    refuseLosses(value)
    const bytes = json.length * 3 > LONGEST_LINE ? Buffer.byteLength(json) : 0
    if (bytes <= LONGEST_LINE) return { json }
    return { why: `its JSON takes ${bytes} bytes; expected at most ${LONGEST_LINE}` }
  } catch (error) {
    const why = whyNoJson(value, error)
    return { why: notJson((why instanceof Error ? why.message : String(why)).split('\n')[0]) }
  }
}

const notJson = (why: string): string =>
  `not a JSON value (${why}); expected text, numbers, lists or objects`
