import { inspect } from 'node:util'

/**
 * What a handler threw, or gave `ctx.failed` as its reason, on one line: text as it is, an error by its message and
 * its causes' (by its name, where it says nothing), anything else as a console shows it. Looking at a value may run
 * the handler's code, and that may throw.
 */
export function worded(value: unknown): string {
  if (!isError(value)) return firstLine(messageOf(value))
  return withCauses(firstLine(messageOf(value.message)), value) || firstLine(nameOf(value))
}

/** `fetch failed` alone says nothing: `fetch failed: connect ECONNREFUSED 10.0.0.1:80`. */
function withCauses(message: string, error: Error): string {
  let said = message
  let why = causeOf(error)
  for (let depth = 0; depth < MAX_CAUSES && why !== undefined; depth += 1) {
    const because = firstLine(messageOf(why))
    if (!said.includes(because)) said = said === '' ? because : `${said}: ${because}`
    why = isError(why) ? causeOf(why) : undefined
  }
  return firstLine(said)
}

/** The cause an error names; of several errors in one that says nothing itself, the first. */
function causeOf(error: Error): unknown {
  const { message, cause, errors } = error as Error & { readonly errors?: unknown }
  return cause ?? (message === '' && Array.isArray(errors) ? errors[0] : undefined)
}

const MAX_CAUSES = 4

/** Of an error its own message alone. */
export function messageOf(value: unknown): string {
  if (isError(value)) return messageOf(value.message)
  return typeof value === 'string' ? value : inspect(value, onOneLine)
}

const onOneLine = { breakLength: Infinity, compact: true, depth: 4, maxStringLength: 1_000 }

export function nameOf({ name }: Error): string {
  return typeof name === 'string' ? name : 'Error'
}

export function isError(value: unknown): value is Error {
  return value instanceof Error
}

export function firstLine(text: string): string {
  const end = text.indexOf('\n')
  const line = end < 0 ? text : text.slice(0, end)
  return line.length > 1_000 ? `${line.slice(0, 1_000)}...` : line
}
