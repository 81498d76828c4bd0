import { fileURLToPath } from 'node:url'
import type { Failure } from '../../../model/failure.ts'
import { stringify } from '../json.ts'
import { FailedAnswer } from './item-context.ts'

/**
 * What a handler threw, as a failure: its own name or code to match retry rules, its stack as detail.
 * Anything can be thrown, errors with other things than text in their fields and values that throw when
 * they are looked at included.
 */
export function thrown(error: unknown): Failure {
  try {
    if (error instanceof FailedAnswer) return failureOf(error)
    return isError(error) ? ofError(error) : ofValue(error)
  } catch {
    return { kind: 'error', message: 'the handler threw a value that cannot be read' }
  }
}

/** What `ctx.failed` says; thrown instead of returned it says the same. */
export function failureOf({ code, reason }: FailedAnswer): Failure {
  return { kind: 'error', code, message: firstLine(reason) }
}

function ofValue(value: unknown): Failure {
  const code = typeof value === 'object' ? (value as { code?: unknown } | null)?.code : undefined
  return {
    kind: 'error',
    code: typeof code === 'string' ? firstLine(code) : undefined,
    message: firstLine(`the handler threw ${messageOf(value)}`),
  }
}

function ofError(error: Error): Failure {
  const { name, message, stack, code } = error as Readonly<Record<keyof Error | 'code', unknown>>
  const named = typeof name === 'string' ? name : 'Error'
  return {
    kind: 'error',
    code:
      typeof code === 'string' ? firstLine(code) : named === 'Error' ? undefined : firstLine(named),
    message: withCauses(firstLine(messageOf(message)), error) || named,
    detail: ownFrames(stack),
  }
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

export function messageOf(error: unknown): string {
  if (isError(error)) return messageOf(error.message)
  try {
    return typeof error === 'string' ? error : (stringify(error) ?? String(error))
  } catch {
    return String(error)
  }
}

function isError(value: unknown): value is Error {
  return value instanceof Error
}

export function firstLine(text: string): string {
  const end = text.indexOf('\n')
  const line = end < 0 ? text : text.slice(0, end)
  return line.length > 1_000 ? `${line.slice(0, 1_000)}...` : line
}

/** The stack down to where the slot called the handler: what is below it is of no use to who wrote that. */
function ownFrames(stack: unknown): string | undefined {
  if (typeof stack !== 'string') return undefined
  const lines = stack.split('\n')
  const last = lines.findLastIndex(line => !isOurs(line) && !line.includes('(node:internal/'))
  const below = lines.findIndex((line, at) => at > last && isOurs(line))
  return (below < 0 ? lines : lines.slice(0, below)).join('\n').slice(0, 4_000)
}

const isOurs = (line: string): boolean => ourFolder.some(name => line.includes(name))

/** Where the built files lie, of which this is one: as frames name it, with source maps and without. */
const here = new URL('./', import.meta.url)
const ourFolder = [here.href, fileURLToPath(here)]
