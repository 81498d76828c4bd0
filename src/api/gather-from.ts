import type { Gathering, Groups } from '../adapter/gather/groups.ts'
import { gatheredStages } from '../core/gathered.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { InputError } from '../model/input-error.ts'
import type { Source } from '../port/source.ts'
import type { Store } from '../port/store.ts'
import { wholeAnswers } from './whole-answers.ts'

type Answered = { readonly state: State; readonly store: Store; readonly stage: Stage }

/**
 * All that a gathering stage takes: the results of the stages it follows; the items of the input where
 * it follows none. There is no task that one unreadable item could fail without the others: it is
 * refused with its place.
 */
export async function gatherFrom(from: Answered | Source, into: Gathering): Promise<Groups> {
  if ('read' in from) await everyItem(from, into)
  else everyResult(from, into)
  return into.end()
}

function everyResult({ state, store, stage }: Answered, into: Gathering): void {
  for (const upstream of gatheredStages(state, stage)) {
    for (const result of wholeAnswers(state, store, upstream))
      if (result.state === 'done' || result.state === 'stopped') into.add(result.payload)
  }
}

async function everyItem(source: Source, into: Gathering): Promise<void> {
  let cursor: string | undefined
  for (let done = false; !done; ) {
    const chunk = await source.read(cursor, WINDOW)
    for (const { payload, version, problem } of chunk.items) {
      if (problem !== undefined) throw new InputError(problem)
      into.add(payload, version)
    }
    done = chunk.done || chunk.items.length === 0
    cursor = chunk.cursor
  }
}

const WINDOW = 10_000
