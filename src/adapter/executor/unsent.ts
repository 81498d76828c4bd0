import type { AttemptOrder } from '../../port/executor.ts'
import type { StageState } from './stage-state.ts'

/** Attempts of one stage that go to a slot together. */
export type Message = { readonly state: StageState; readonly attempts: readonly AttemptOrder[] }

/** The messages a slot has not been sent yet, in order. */
export function unsentMessages() {
  let messages: Message[] = []
  return {
    count: () => messages.length,
    add: (message: Message) => messages.push(message),
    first: (): Message | undefined => messages[0],
    shift: () => messages.shift(),
    /** Takes an attempt out; `undefined`: it is in none of them. */
    withdraw(attempt: number): AttemptOrder | undefined {
      for (const [at, { state, attempts }] of messages.entries()) {
        const found = attempts.find(order => order.attempt === attempt)
        if (found === undefined) continue
        messages[at] = { state, attempts: attempts.filter(order => order !== found) }
        return found
      }
      return undefined
    },
    /** Takes all out. */
    withdrawAll(): readonly AttemptOrder[] {
      const all = messages.flatMap(({ attempts }) => attempts)
      messages = []
      return all
    },
    clear(): void {
      messages = []
    },
  }
}
