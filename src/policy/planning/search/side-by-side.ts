import { makespanOf, type Schedule } from '../../../model/schedule.ts'

type Search = Generator<Schedule | undefined, void, void>

/** Runs searches by turns, a step each, and yields what is better than all before. */
export function* sideBySide(searches: readonly Search[]): Search {
  let running = [...searches]
  let least = Number.POSITIVE_INFINITY
  while (running.length > 0) {
    const still: Search[] = []
    for (const search of running) {
      const step = search.next()
      if (step.done) continue
      still.push(search)
      const found = step.value
      const better = found !== undefined && makespanOf(found) < least
      if (better) least = makespanOf(found)
      yield better ? found : undefined
    }
    running = still
  }
}
