import type { Event } from '../core/event.ts'
import { limits } from '../core/limits.ts'
import type { Run } from '../core/run.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { runName, storedName } from '../driver/stored-name.ts'
import { hindsightWith } from '../policy/estimation/hindsight.ts'
import { encodeEstimate, faded } from '../policy/estimation/least-squares.ts'
import type { Store } from '../port/store.ts'
import { demand } from './checker.ts'
import { gatheredPayload } from './oracle.ts'
import type { SimRun } from './workload.ts'

/** A run that continues another: what it is told of its times, and what it may, and may not, run again. */

export const runNamed = (state: State, name: string): Run | undefined =>
  state.runs.find(({ definition }) => definition.name === name)

export const hasEnded = (run: Run | undefined): boolean =>
  run !== undefined && ['done', 'failed', 'cancelled'].includes(run.state)

/** What the run before learnt of times, stage by stage, and how one forecast came out. */
export function learntBefore(state: State, previous: Run, run: Run): Event[] {
  const hindsight = hindsightWith(previous.hindsight, [1])
  return [...timesBefore(state, previous, run), { kind: 'hindsight', run: run.number, hindsight }]
}

function timesBefore(state: State, previous: Run, run: Run): Event[] {
  return run.stages.flatMap((stage, at) => {
    const { pooled, estimates } = state.stages[previous.stages[at]]
    return [pooled, ...estimates].flatMap((estimate, nth): Event[] => {
      if (estimate === undefined || estimate.n === 0) return []
      const learnt = faded(encodeEstimate(estimate), limits.recalled)
      return [{ kind: 'learnt', stage, machine: nth - 1, estimate: learnt }]
    })
  })
}

export const nameOfItem = (state: State, stage: Stage, index: number): string =>
  `${runName(state, stage)} ${storedName(state, stage)} ${index}`

type Books = {
  readonly store: Store
  /** Names of all items that were ever begun. */
  readonly begun: ReadonlySet<string>
  /** Its failed items were tried again: a reduce may have run on less than it has now. */
  readonly retried: boolean
  /** The runs it continues, oldest first. */
  readonly before: readonly SimRun[]
}

/** An item ran if and only if it is new, changed, had no result, is asked for anew, or takes another result. */
export function checkContinued(state: State, run: SimRun, books: Books): void {
  const { store, begun, retried, before } = books
  const now = runNamed(state, run.definition.name)
  now?.stages.forEach((number, at) => {
    const stage = state.stages[number]
    const { link, name } = stage.definition
    if (link.kind === 'tree' || (link.kind === 'gather' && retried)) return
    for (let index = 0; index < stage.known; index += 1) {
      const answerer = run.after?.redo.includes(name)
        ? undefined
        : lastAnswerer(store, before, name, index)
      const then = answerer && runNamed(state, answerer.definition.name)
      const holds =
        then !== undefined &&
        (link.kind === 'source'
          ? index !== run.input.unreadable &&
            run.input.valueAt(index) === answerer?.input.valueAt(index)
          : takesTheSame(state, store, { stage, earlier: state.stages[then.stages[at]] }, index))
      const ran = begun.has(nameOfItem(state, stage, index))
      const ended = store.result(run.definition.name, name, index)?.state
      const where = `item ${index} of ${name} in ${run.definition.name}`
      demand(!(holds && ran), () => `${where} ran, though what there was of it holds`)
      demand(ended !== 'done' || holds || ran, () => `${where} was kept and does not hold any more`)
    }
  })
}

/** The newest of the runs that has a result of it, unless a later one was asked for the stage anew. */
function lastAnswerer(
  store: Store,
  runs: readonly SimRun[],
  stage: string,
  index: number,
): SimRun | undefined {
  let last: SimRun | undefined
  for (const run of runs) {
    if (run.after?.redo.includes(stage)) last = undefined
    const ended = store.result(run.definition.name, stage, index)?.state
    if (ended === 'done' || ended === 'stopped') last = run
  }
  return last
}

/** Whether what an item takes is what it took in that run. */
function takesTheSame(
  state: State,
  store: Store,
  { stage, earlier }: { stage: Stage; earlier: Stage },
  index: number,
): boolean {
  if (stage.definition.link.kind === 'gather') {
    const [now, then] = [stage, earlier].map(at => gatheredPayload(state, store, at).payload(0))
    return now === then
  }
  const resultOf = (at: Stage, index: number) => {
    const from = state.stages[at.upstream]
    return store.result(runName(state, from), storedName(state, from), index)?.payload
  }
  return resultOf(stage, index) === resultOf(earlier, index)
}
