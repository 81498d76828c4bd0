import { slowTasks } from '../../api/forecast/forecast.ts'
import type { Host } from '../../api/host.ts'
import { CANCELLED, DONE, endedCount, FAILED, SKIPPED } from '../../core/items.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import { WAITING } from '../../core/tasks.ts'
import { headOf } from '../../driver/chain.ts'
import { nowOf } from '../../api/now.ts'

/** What a line about a stage shows. */
export type StageFigures = {
  readonly name: string
  /** Without those that were cancelled: nothing came of them. */
  readonly ended: number
  readonly known: number
  /** All its items are known. */
  readonly complete: boolean
  readonly done: number
  readonly failed: number
  readonly skipped: number
  readonly cancelled: number
  readonly slow: number
  /** Items that failed and wait to be tried again. */
  readonly again: number
}

export function stageFigures(host: Host, run: Run): StageFigures[] {
  const stages = run.stages.map(number => host.state.stages[number])
  const now = nowOf(host.state)
  const again = waitingAgain(host, run)
  return stages
    .filter(stage => stage.root === stage.number)
    .map(stage => {
      // A tree is all its levels.
      const levels = stages.filter(({ root }) => root === stage.number)
      const sum = (of: (level: Stage) => number) =>
        levels.reduce((all, level) => all + of(level), 0)
      return {
        name: stage.definition.name,
        ended: sum(({ items }) => endedCount(items) - items.counts[CANCELLED]),
        known: Math.max(
          sum(level => level.known),
          knownOf(host, stage),
        ),
        complete: levels.every(({ complete }) => complete),
        done: sum(({ items }) => items.counts[DONE]),
        failed: sum(({ items }) => items.counts[FAILED]),
        skipped: sum(({ items }) => items.counts[SKIPPED]),
        cancelled: sum(({ items }) => items.counts[CANCELLED]),
        slow: sum(level => slowTasks(host.state, level, now).length),
        again: sum(({ number }) => again.get(number) ?? 0),
      }
    })
}

/** By stage: items that failed and wait to be tried again. */
function waitingAgain({ state }: Host, run: Run): Map<number, number> {
  const counts = new Map<number, number>()
  if (run.retries === 0) return counts
  const { tasks } = state
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.state[task] !== WAITING || tasks.tries[task] === 0) continue
    const stage = tasks.stage[task]
    counts.set(stage, (counts.get(stage) ?? 0) + tasks.count[task])
  }
  return counts
}

/** A stage that follows item by item will have as many items as the one before it. */
function knownOf(host: Host, stage: Stage): number {
  return Math.max(stage.known, headOf(host.state, stage).known)
}

/** Items a second over the last seconds; `undefined` while nothing has ended. */
export function rateMeter(): (ended: number, now?: number) => number | undefined {
  const seen: { readonly at: number; readonly ended: number }[] = []
  return (ended, now = performance.now()) => {
    seen.push({ at: now, ended })
    while (seen.length > 2 && seen[0].at < now - rateWindow) seen.shift()
    const [first] = seen
    const span = (now - first.at) / 1_000
    return span < 0.2 || ended === first.ended ? undefined : (ended - first.ended) / span
  }
}

const rateWindow = 10_000
