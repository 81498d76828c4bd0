/**
 * Which answers came, in the order they came; their payloads stay in the store. Anybody may read it from
 * the beginning at any time, more than once, and waits at its end until it is over.
 */
export function answerLog() {
  /** Pairs, flattened: the stage's place in the run, the item's index. */
  const arrived: number[] = []
  let over = false
  let failure: Error | undefined
  let waiting: (() => void)[] = []

  const wake = (): void => {
    const all = waiting
    waiting = []
    for (const resolve of all) resolve()
  }

  return {
    add(stage: number, index: number): void {
      arrived.push(stage, index)
      wake()
    },
    end(error?: Error): void {
      over = true
      failure ??= error
      wake()
    },
    async *read(): AsyncGenerator<{ readonly stage: number; readonly index: number }> {
      for (let at = 0; ; ) {
        if (failure !== undefined) throw failure
        if (at < arrived.length) {
          yield { stage: arrived[at], index: arrived[at + 1] }
          at += 2
        } else if (over) return
        else await new Promise<void>(resolve => waiting.push(resolve))
      }
    },
  }
}
