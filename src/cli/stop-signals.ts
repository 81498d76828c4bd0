import type { Host } from '../api/host.ts'
import { exitCode, leave } from './exit.ts'

/**
 * The first Ctrl-C stops taking new tasks and waits for running ones; the second quits at once. npm sends on what the
 * terminal sends to us as well, so what follows at once is the first again.
 */
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
  let asked: 'never' | 'just now' | 'once' = 'never'
  const onSignal = (): void => {
    if (asked === 'just now') return
    if (asked === 'once') {
      note(`quit at once: ${run} is interrupted; the same command goes on with it`)
      leave(exitCode.interrupted)
    }
    asked = 'just now'
    note('stopping: running tasks may end, nothing new starts; again to quit at once')
    const stopped = (): void => resolve('interrupted')
    host.drain(GRACE).then(stopped, stopped)
    // What arrived while the loop was busy is heard before the time is up.
    const isOver = (): void => {
      asked = 'once'
    }
    setTimeout(() => setImmediate(isOver), DOUBLED).unref()
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

/** Milliseconds in which a signal is still the same one: npm takes one to five, and nobody presses twice as fast. */
const DOUBLED = 100
