import type { Failure } from '../../model/failure.ts'
import type { ExecutorEvent } from '../../port/executor.ts'
import { alwaysGiven } from './environment.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Variables that stages declare are mostly keys of paid services, and handlers print them: in what they log,
 * in the headers an error quotes. Before such text leaves the executor for journal, logs and reports, each
 * value is replaced by its variable's name. Results are the handler's own word and stay as they are.
 */
export function concealing(environment: Environment) {
  const secrets = new Map<string, string>()
  let order: string[] = []

  function conceal(text: string): string {
    let concealed = text
    for (const value of order)
      concealed = concealed.replaceAll(value, () => `[${secrets.get(value)}]`)
    return concealed
  }

  const concealIn = (failure: Failure): Failure => ({
    ...failure,
    message: conceal(failure.message),
    ...(failure.code !== undefined && { code: conceal(failure.code) }),
    ...(failure.detail !== undefined && { detail: conceal(failure.detail) }),
  })

  return {
    declared(names: readonly string[]): void {
      for (const name of names) {
        const value = environment[name]?.trim() ?? ''
        if (value.length < SHORTEST || alwaysGiven(name)) continue
        for (const form of new Set([
          value,
          ...value.split(/\s*\n\s*/),
          JSON.stringify(value).slice(1, -1),
        ]))
          if (form.length >= SHORTEST) secrets.set(form, name)
      }
      // One that holds another goes first, or its rest would stay.
      order = [...secrets.keys()].sort((a, b) => b.length - a.length)
    },
    concealed(event: ExecutorEvent): ExecutorEvent {
      if (order.length === 0) return event
      if (event.kind === 'log') return { ...event, text: conceal(event.text) }
      if (event.kind === 'slotEnded' || event.kind === 'stageBroken')
        return { ...event, failure: concealIn(event.failure) }
      if (event.kind !== 'outcomes' || event.outcomes.every(one => one.failure === undefined))
        return event
      const outcomes = event.outcomes.map(one =>
        one.failure === undefined ? one : { ...one, failure: concealIn(one.failure) },
      )
      return { ...event, outcomes }
    },
  }
}

/** Shorter values (`1`, `true`, `debug`) are no secrets, and words of any text. */
const SHORTEST = 6
