import type { Failure } from '../../../model/failure.ts'
import { refuseLosses, whyNoJson } from '../../json-losses.ts'
import { parse, stringify } from '../json.ts'
import { FailedAnswer, StoppedAnswer } from './item-context.ts'
import { failureOf, thrown } from './thrown.ts'
import { firstLine, messageOf } from './worded.ts'

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
    if (value instanceof FailedAnswer) return { letter: 'f', failure: failureOf(value) }
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
  if (json === undefined) {
    const what =
      typeof value === 'object' ? 'an object whose toJSON returns nothing' : `a ${typeof value}`
    return badResult(`${what} does not serialise to JSON`)
  }
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
