import type { Failure } from '../../model/failure.ts'
import { FailedAnswer, StoppedAnswer } from './item-context.ts'

/** What is sent for one item: JSON text, or why not. */
export type ItemAnswer =
  | { readonly letter: 'R' | 's'; readonly json: string }
  | { readonly letter: 'f'; readonly failure: Failure }

export type ResultRules = {
  readonly maxResultBytes: number
  /** Says what is wrong with a value, or nothing. */
  readonly check: ((value: unknown) => string | undefined) | undefined
}

/** Turns what a handler returned into its answer: marked, serialised, measured and checked. */
export function answerOf(value: unknown, rules: ResultRules): ItemAnswer {
  if (typeof value === 'object' && value !== null) {
    if (value instanceof FailedAnswer) {
      const failure: Failure = { kind: 'error', code: value.code, message: firstLine(value.reason) }
      return { letter: 'f', failure }
    }
    if (value instanceof StoppedAnswer) return serialised(value.result, rules, 's')
  }
  return serialised(value, rules, 'R')
}

function serialised(value: unknown, rules: ResultRules, letter: 'R' | 's'): ItemAnswer {
  if (value === undefined) return checked(null, 'null', rules, letter)
  if (value instanceof Map || value instanceof Set) {
    return badResult(`a ${value.constructor.name} becomes {} in JSON; return an object or an array`)
  }
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (error) {
    return badResult(`it does not serialise to JSON: ${firstLine(messageOf(error))}`)
  }
  if (json === undefined) return badResult(`a ${typeof value} does not serialise to JSON`)
  return checked(value, json, rules, letter)
}

function checked(value: unknown, json: string, rules: ResultRules, letter: 'R' | 's'): ItemAnswer {
  const max = rules.maxResultBytes
  if (json.length * 3 > max) {
    const bytes = Buffer.byteLength(json)
    if (bytes > max) return badResult(`its JSON takes ${bytes} bytes; the limit is ${max}`)
  }
  if (rules.check !== undefined) {
    // The schema is about what will be stored, so it sees what JSON makes of the value.
    const wrong = rules.check(typeof value === 'object' ? JSON.parse(json) : value)
    if (wrong !== undefined) return badResult(wrong)
  }
  return { letter, json }
}

function badResult(reason: string): ItemAnswer {
  return { letter: 'f', failure: { kind: 'bad-result', message: `bad result: ${reason}` } }
}

/** What a handler threw, as a failure: its own name or code to match retry rules, its stack as detail. */
export function thrown(error: unknown): Failure {
  if (!(error instanceof Error)) {
    return { kind: 'error', message: firstLine(`the handler threw ${messageOf(error)}`) }
  }
  const own = (error as { code?: unknown }).code
  const named = error.name === 'Error' ? undefined : error.name
  return {
    kind: 'error',
    code: typeof own === 'string' ? own : named,
    message: firstLine(error.message || error.name),
    detail: ownFrames(error.stack),
  }
}

export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message
  try {
    return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error))
  } catch {
    return String(error)
  }
}

function firstLine(text: string): string {
  const end = text.indexOf('\n')
  const line = end < 0 ? text : text.slice(0, end)
  return line.length > 1_000 ? `${line.slice(0, 1_000)}...` : line
}

/** The stack down to where the slot called the handler. */
function ownFrames(stack: string | undefined): string | undefined {
  if (stack === undefined) return undefined
  const lines = stack.split('\n')
  const ours = lines.findIndex(line =>
    /[\\/](adapter[\\/]executor|dray-slot-[^\\/]*)[\\/]/.test(line),
  )
  return (ours < 0 ? lines : lines.slice(0, ours)).join('\n').slice(0, 4_000)
}
