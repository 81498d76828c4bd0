import { fileURLToPath } from 'node:url'
import type { Failure } from '../../../model/failure.ts'
import { FailedAnswer } from './item-context.ts'
import { firstLine, isError, nameOf, worded } from './worded.ts'

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
  return { kind: 'error', code, message: reason }
}

function ofValue(value: unknown): Failure {
  const code = typeof value === 'object' ? (value as { code?: unknown } | null)?.code : undefined
  return {
    kind: 'error',
    code: typeof code === 'string' ? firstLine(code) : undefined,
    message: `the handler threw ${worded(value)}`,
  }
}

function ofError(error: Error): Failure {
  const { stack, code } = error as Error & { readonly code?: unknown }
  const named = nameOf(error)
  return {
    kind: 'error',
    code:
      typeof code === 'string' ? firstLine(code) : named === 'Error' ? undefined : firstLine(named),
    message: worded(error),
    detail: ownFrames(stack),
  }
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
