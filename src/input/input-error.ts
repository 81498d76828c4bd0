import { InputError } from '../model/input-error.ts'

export { InputError }

/**
 * What a user wrote cannot be used: where (`file:line`, or the file and a JSON path), what was
 * found, what was expected. The message is printed as it is, so it stands alone on one screen.
 */
export function badInput(place: string, found: string, expected?: string): InputError {
  return new InputError(
    expected === undefined ? `${place}: ${found}` : `${place}: ${found}\n  expected ${expected}`,
  )
}

/** A list for people: at most `limit` entries, and how many were left out. */
export function listed(entries: readonly string[], limit = 10): string {
  if (entries.length <= limit) return entries.join(', ')
  return `${entries.slice(0, limit).join(', ')} and ${entries.length - limit} more`
}
