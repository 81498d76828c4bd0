type Waiter = { readonly resolve: () => void; readonly reject: (error: Error) => void }

/** Promises of a node's callers: for its next durable step, for the end of a run. It stops: all reject. */
export function waiters() {
  const forEnd = new Map<string, Waiter[]>()
  let forStep: Waiter[] = []
  let failure: Error | undefined

  const wait = (enlist: (waiter: Waiter) => void): Promise<void> =>
    failure === undefined
      ? new Promise((resolve, reject) => enlist({ resolve, reject }))
      : Promise.reject(failure)

  return {
    nextStep: () => wait(waiter => forStep.push(waiter)),
    end: (run: string) => wait(waiter => forEnd.set(run, [...(forEnd.get(run) ?? []), waiter])),
    stepped(): void {
      const done = forStep
      forStep = []
      for (const { resolve } of done) resolve()
    },
    ended(run: string): void {
      const done = forEnd.get(run) ?? []
      forEnd.delete(run)
      for (const { resolve } of done) resolve()
    },
    failed(error: Error): void {
      failure = error
      const all = [...[...forEnd.values()].flat(), ...forStep]
      forEnd.clear()
      forStep = []
      for (const { reject } of all) reject(error)
    },
  }
}
