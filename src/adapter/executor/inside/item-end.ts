import type { Failure } from '../../../model/failure.ts'
import { answerOf, type ItemAnswer, type ResultRules } from './answer.ts'
import { thrown } from './thrown.ts'
import { ItemContext } from './item-context.ts'

/** How a call of a handler ended: with a value, a throw, or an error that escaped and is charged to it. */
export type End =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly error: unknown }
  | { readonly kind: 'charged'; readonly failure: Failure }

export function answerEnd(end: End, context: ItemContext, rules: ResultRules): ItemAnswer {
  if (end.kind === 'value') return answerOf(end.value, rules)
  if (end.kind === 'charged') return { letter: 'f', failure: end.failure }
  return answerThrown(end.error, context)
}

export function answerThrown(error: unknown, context: ItemContext): ItemAnswer {
  if (BadInput.is(error)) return unreadable(error.reason)
  const failure = thrown(error)
  const kind = ItemContext.isAborted(context) ? 'cancelled' : failure.kind
  return { letter: 'f', failure: { ...failure, kind } }
}

export const cancelledAnswer: ItemAnswer = {
  letter: 'f',
  failure: { kind: 'cancelled', message: 'cancelled before it started' },
}

class BadInput {
  readonly reason: unknown
  readonly #ours = true

  constructor(reason: unknown) {
    this.reason = reason
  }

  /** `instanceof` would run the traps of a proxy that a handler threw. */
  static is(error: unknown): error is BadInput {
    return typeof error === 'object' && error !== null && #ours in error
  }
}

/** For the rejection of a promised item: an input that cannot be read is not the handler's throw. */
export function badInput(reason: unknown): never {
  throw new BadInput(reason)
}

export function unreadable(error: unknown): ItemAnswer {
  const message = `the item cannot be read: ${thrown(error).message}`
  return { letter: 'f', failure: { kind: 'bad-input', message } }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}

/** A throw becomes a rejection. */
export async function callLater(work: () => unknown): Promise<unknown> {
  return await work()
}
