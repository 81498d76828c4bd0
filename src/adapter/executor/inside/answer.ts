import { fileURLToPath } from 'node:url'
import type { Failure } from '../../../model/failure.ts'
import { refuseLosses, whyNoJson } from '../../json-losses.ts'
import { parse, stringify } from '../json.ts'
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

/**
 * Turns what a handler returned into its answer: marked, serialised, measured and checked. Looking at a
 * value may run the handler's code (proxies, getters, `toJSON`), and that may throw.
 */
export function answerOf(value: unknown, rules: ResultRules): ItemAnswer {
  try {
    return marked(value, rules)
  } catch (error) {
    return badResult(`it cannot be read: ${thrown(error).message}`)
  }
}

function marked(value: unknown, rules: ResultRules): ItemAnswer {
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
  let json: string | undefined
  try {
    json = stringify(value)
    if (json !== undefined) refuseLosses(value)
  } catch (error) {
    const why = messageOf(whyNoJson(value, error))
    return badResult(`it does not serialise to JSON: ${firstLine(why)}`)
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
    const wrong = rules.check(typeof value === 'object' ? parse(json) : value)
    if (wrong !== undefined) return badResult(wrong)
  }
  return { letter, json }
}

/**
 * Files that items leave open are closed with their process alone. The item that met the limit may not be the one that
 * left them; those after it would all meet it as well.
 */
export const isOutOfFiles = (answer: ItemAnswer): boolean =>
  answer.letter === 'f' && answer.failure.code === 'EMFILE'

function badResult(reason: string): ItemAnswer {
  return { letter: 'f', failure: { kind: 'bad-result', message: reason } }
}

/**
 * What a handler threw, as a failure: its own name or code to match retry rules, its stack as detail.
 * Anything can be thrown, errors with other things than text in their fields and values that throw when
 * they are looked at included.
 */
export function thrown(error: unknown): Failure {
  try {
    return isError(error) ? ofError(error) : ofValue(error)
  } catch {
    return { kind: 'error', message: 'the handler threw a value that cannot be read' }
  }
}

function ofValue(value: unknown): Failure {
  return { kind: 'error', message: firstLine(`the handler threw ${messageOf(value)}`) }
}

function ofError(error: Error): Failure {
  const { name, message, stack, code } = error as Readonly<Record<keyof Error | 'code', unknown>>
  const named = typeof name === 'string' ? name : 'Error'
  return {
    kind: 'error',
    code:
      typeof code === 'string' ? firstLine(code) : named === 'Error' ? undefined : firstLine(named),
    message: firstLine(messageOf(message) || named),
    detail: ownFrames(stack),
  }
}

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

function firstLine(text: string): string {
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
