import type { Host } from '../api/host.ts'
import { exitCode, leave } from './exit.ts'

/** The first Ctrl-C stops taking new tasks and waits for running ones; the second quits at once. */
export function stopSignals(
  host: Host,
  run: string,
  note: (text: string) => void,
): {
  readonly drained: Promise<'interrupted'>
  readonly off: () => void
} {
  let resolve: (value: 'interrupted') => void = () => {}
  const drained = new Promise<'interrupted'>(done => {
    resolve = done
  })
  let asked = 0
  const onSignal = (): void => {
    asked += 1
    if (asked > 1) {
      note(`quit at once: ${run} is interrupted; the same command goes on with it`)
      leave(exitCode.interrupted)
    }
    note('stopping: running tasks may end, nothing new starts; again to quit at once')
    const stopped = (): void => resolve('interrupted')
    host.drain(GRACE).then(stopped, stopped)
  }
  for (const signal of STOPS) process.on(signal, onSignal)
  return {
    drained,
    off() {
      for (const signal of STOPS) process.off(signal, onSignal)
    },
  }
}

/** Ctrl-C, a polite kill, and a terminal that closes. */
const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Milliseconds running tasks are given after the first Ctrl-C. */
const GRACE = 10_000
