import { setImmediate } from 'node:timers/promises'

/**
 * Runs a generator of small steps until it ends or the clock (`performance.now()`) passes the deadline, and
 * lets other work of this thread run in between. Returns the generator's result, or `undefined` if it was
 * stopped.
 */
export async function runUntil<Step, Result>(
  steps: Generator<Step, Result, void>,
  deadline: number,
  onStep: (step: Step) => void = () => undefined,
): Promise<Result | undefined> {
  let pause = performance.now() + sliceMs
  while (performance.now() < deadline) {
    const next = steps.next()
    if (next.done) return next.value
    onStep(next.value)
    if (performance.now() > pause) {
      await setImmediate()
      pause = performance.now() + sliceMs
    }
  }
  return undefined
}

const sliceMs = 10
