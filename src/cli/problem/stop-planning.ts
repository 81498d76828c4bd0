import type { Stop } from '../../choose/drive.ts'
import { exitCode } from '../exit.ts'
import { tell } from '../print.ts'

/**
 * Ctrl-C beside a search ends it with the best schedule so far; again, and the command is gone. What does not
 * pause cannot hear of a signal: there it keeps to what the system does, which ends the process at once.
 */
export function stopPlanning(): Stop {
  let asked = false
  const onSignal = (): void => {
    if (asked) process.exit(exitCode.interrupted)
    asked = true
    const clear = process.stderr.isTTY === true ? '\r\u001b[K' : ''
    process.stderr.write(clear)
    tell('dray: interrupted; this is the best so far')
  }
  return {
    isAsked: () => asked,
    hears: on => {
      if (on) process.on('SIGINT', onSignal)
      else process.off('SIGINT', onSignal)
    },
  }
}
