import type { Event, Outcomes } from '../core/event.ts'
import type { State } from '../core/state.ts'
import type { Outcome } from '../port/executor.ts'
import type { HistoryBatch } from '../port/journal.ts'
import { type AnsweredBefore, historyBatches } from './recording.ts'
import { storedName, runName } from './stored-name.ts'
import { unansweredBatches } from './unanswered.ts'

/**
 * History of a step's events, and whether the entry tells it all. Of quick items it does: then their rows need
 * not be written with each commit, a part of what an item costs that comes alone, and yet none is ever lost.
 */
export function historyOf(
  state: State,
  now: number,
  events: readonly Event[],
  outcomesOf: (event: number) => readonly Outcome[],
): { readonly history: HistoryBatch[]; readonly isTold: boolean } {
  const history: HistoryBatch[] = []
  const before: AnsweredBefore = new Map()
  let isTold = true
  for (let at = 0; at < events.length; at += 1) {
    const event = events[at]
    if (event.kind !== 'outcomes') {
      const batches = unansweredBatches(state, now, events, at)
      if (batches.length > 0) isTold = false
      history.push(...batches)
      continue
    }
    const outcomes = outcomesOf(at)
    isTold &&= tells(event, outcomes)
    history.push(...historyBatches(state, now, event, outcomes, before))
  }
  return { history, isTold }
}

/** An entry has neither the processor's time nor each answer's memory: where they say nothing, nothing is missing. */
function tells({ failures, peakBytes }: Outcomes, outcomes: readonly Outcome[]): boolean {
  return (
    failures.length === 0 &&
    outcomes.every(use => use.cpuMicros === use.micros && use.peakBytes === peakBytes)
  )
}

/** What an entry tells of history that is not written; call before it is replayed. */
export function untoldHistory(
  state: State,
  now: number,
  events: readonly Event[],
  isUntold: (run: string, stage: string) => boolean,
): HistoryBatch[] {
  const isAsked = (number: number): boolean => {
    const stage = state.stages[number]
    return stage !== undefined && isUntold(runName(state, stage), storedName(state, stage))
  }
  const before: AnsweredBefore = new Map()
  return events.flatMap(event => {
    // An entry does not carry the history of failures: that was written beside it.
    if (event.kind !== 'outcomes' || event.failures.length > 0) return []
    if (!stagesOf(state, event).some(isAsked)) return []
    const batches = historyBatches(state, now, event, toldOutcomes(event), before)
    return batches.filter(({ run, stage }) => isUntold(run, stage))
  })
}

/** Nearly always a single one. */
function stagesOf({ tasks }: State, event: Outcomes): number[] {
  const stages: number[] = []
  for (const task of event.tasks)
    if (tasks.stage[task] !== stages[stages.length - 1]) stages.push(tasks.stage[task])
  return stages
}

function toldOutcomes({ tasks, attempts, indexes, micros, peakBytes }: Outcomes): Outcome[] {
  return tasks.map((task, at) => ({
    ...{ task, attempt: attempts[at], index: indexes[at] },
    ...{ micros: micros[at], cpuMicros: micros[at], peakBytes },
  }))
}
