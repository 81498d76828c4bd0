import type { AbortReason } from '../../model/handler.ts'

/** Why an attempt should stop, as it travels to its slot. */
export type Why = Pick<AbortReason, 'code' | 'message'>

/** The names are the platform's, so that what takes a signal (fetch, timers) says the same. */
export function abortReason({ code, message }: Why): AbortReason {
  const name = code === 'timeout' ? 'TimeoutError' : 'AbortError'
  return Object.assign(new Error(message), { name, code })
}

export const shuttingDown: Why = {
  code: 'shutdown',
  message: 'the process that runs it ends; the run can go on later',
}
