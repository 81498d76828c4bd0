import { type Marks, mark, siftMarks } from './marks.ts'
import { queuedCount } from './queue.ts'
import { isLive, type Run } from './run.ts'
import type { State } from './state.ts'

/**
 * A directory keeps every run it ever had; a decision may look only at what is at work. So the runs that
 * may still change and the classes with something queued are listed beside the state: entered where
 * they become so, taken out by who next asks, ascending, so that a restart goes through them alike.
 */

/** Numbers of runs whose items may still change. */
export function liveRuns(state: State): Marks {
  return siftMarks(state.scratch.live, state, isRunLive)
}

/** Numbers of classes with a task in their common queue. */
export function queuedClasses(state: State): Marks {
  const { queued } = state.scratch
  return areQueued(state, queued) ? queued : siftMarks(queued, state, hasQueued)
}

/** All of them, and ascending: so it is nearly always, and each decision asks. */
function areQueued({ classes }: State, { numbers, count }: Marks): boolean {
  let last = -1
  for (let at = 0; at < count; at += 1) {
    const number = numbers[at]
    if (number < last || queuedCount(classes[number].queue) === 0) return false
    last = number
  }
  return true
}

export function findLiveRun(state: State, fits: (run: Run) => boolean): Run | undefined {
  const { numbers, count } = liveRuns(state)
  for (let at = 0; at < count; at += 1) {
    const run = state.runs[numbers[at]]
    if (fits(run)) return run
  }
  return undefined
}

/** Every stage of every live run may have something to do. */
export function touchLiveStages(state: State): void {
  const { numbers, count } = liveRuns(state)
  for (let at = 0; at < count; at += 1)
    for (const stage of state.runs[numbers[at]].stages) mark(state.scratch.touched, stage)
}

/** As `touchLiveStages`, and the runs themselves. */
export function touchLiveRuns(state: State): void {
  touchLiveStages(state)
  const { numbers, count } = liveRuns(state)
  for (let at = 0; at < count; at += 1) mark(state.scratch.touchedRuns, numbers[at])
}

/** After a replay: the lists anew. */
export function listLiveRuns(state: State): void {
  for (const run of state.runs) if (isLive(run)) mark(state.scratch.live, run.number)
}

const isRunLive = ({ runs }: State, number: number): boolean => isLive(runs[number])
const hasQueued = ({ classes }: State, number: number): boolean =>
  queuedCount(classes[number].queue) > 0
