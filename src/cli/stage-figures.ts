import { slowTasks } from '../api/forecast.ts'
import type { Host } from '../api/host.ts'
import { DONE, endedCount, FAILED, SKIPPED } from '../core/items.ts'
import type { Run, Stage } from '../core/state.ts'
import { headOf } from '../driver/chain.ts'
import { nowOf } from '../api/now.ts'

/** What a line about a stage shows. */
type StageFigures = {
  readonly name: string
  readonly ended: number
  readonly known: number
  readonly complete: boolean
  readonly done: number
  readonly failed: number
  readonly skipped: number
  readonly slow: number
}

export function stageFigures(host: Host, run: Run): StageFigures[] {
  const stages = run.stages.map(number => host.state.stages[number])
  const now = nowOf(host.state)
  return stages
    .filter(stage => stage.root === stage.number)
    .map(stage => {
      // A tree is all its levels.
      const levels = stages.filter(({ root }) => root === stage.number)
      const sum = (of: (level: Stage) => number) =>
        levels.reduce((all, level) => all + of(level), 0)
      return {
        name: stage.definition.name,
        ended: sum(({ items }) => endedCount(items)),
        known: Math.max(
          sum(level => level.known),
          knownOf(host, stage),
        ),
        complete: levels.every(({ complete }) => complete),
        done: sum(({ items }) => items.counts[DONE]),
        failed: sum(({ items }) => items.counts[FAILED]),
        skipped: sum(({ items }) => items.counts[SKIPPED]),
        slow: sum(level => slowTasks(host.state, level, now).length),
      }
    })
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
