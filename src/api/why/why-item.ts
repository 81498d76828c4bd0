import { endedCount, itemStates, stateOf } from '../../core/items.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { FREE, RUNNING } from '../../core/tasks.ts'
import type { Failure } from '../../model/failure.ts'
import { failureIn } from '../../port/store.ts'
import { plural } from '../../std/units.ts'
import { answersOf, stagesOf, type View } from '../view.ts'
import { failureInWords } from './attempt-log.ts'
import type { FoundItem } from './find-item.ts'
import { type Instants, startInPool } from './foretold.ts'
import { helpFor } from './helps.ts'
import { placeOf } from './placed.ts'
import type { Refusal } from './refusals.ts'
import { goFirst, nobodyWorks, type TaskWhy, taskOf, whyTask } from './why-task.ts'

/** What is to be said of one item in one stage: where it stands, why, and what would change that. */
export type ItemWhy = {
  readonly stage: string
  readonly index: number
  readonly key?: string
  readonly state: string
  readonly reason: string
  readonly helps?: string
  readonly refusals?: readonly Refusal[]
  readonly forecastStart?: Instants
  readonly forecastEnd?: Instants
  readonly failure?: Failure
  /** Of an item that is tried again: what its last attempt failed of. */
  readonly earlier?: string
}

/** The answer to `why RUN ITEM`: one entry a stage the item has reached or will reach. */
export function whyItem(view: View, run: Run, { index, from }: FoundItem, now: number): ItemWhy[] {
  const answers: ItemWhy[] = []
  const stages = stagesOf(view, run)
  for (const stage of from === undefined ? stages : stages.slice(stages.indexOf(from))) {
    const { kind } = stage.definition.link
    if (answers.length > 0 && (kind === 'gather' || kind === 'tree')) break
    const answer = whyInStage(view, run, stage, index, now)
    const before = answers.at(-1)?.forecastEnd
    const follows = kind === 'item' && answer.state === 'waiting' && before !== undefined
    answers.push(follows ? { ...answer, forecastStart: before } : answer)
  }
  return answers
}

export function whyInStage(
  view: View,
  run: Run,
  stage: Stage,
  index: number,
  now: number,
): ItemWhy {
  const at = { stage: stage.definition.name, index }
  const code = itemStates[stateOf(stage.items, index)]
  if (code !== 'open') return whyEnded(view, run, stage, at, code)
  if (index >= stage.known) return { ...at, ...whyUnknown(view, stage) }
  const task = taskOf(view.state, stage, index)
  if (task === undefined) return { ...at, ...whyUncut(view, run, stage, index, now) }
  const { tries, first } = view.state.tasks
  const earlier = tries[task] === 0 ? {} : earlierOf(view, run, stage, first[task])
  return { ...at, ...whyTask(view, run, stage, { task, index }, now), ...earlier }
}

/** What the attempts before this one failed of, in the words of their log; the last of them. */
function earlierOf(view: View, run: Run, stage: Stage, index: number): { earlier?: string } {
  const options = { stage: stage.definition.name, index }
  let earlier: string | undefined
  for (const { stream, text } of view.store.logs(run.definition.name, options))
    if (stream === 'dray') earlier = text
  if (earlier === undefined) return {}
  return {
    earlier: earlier.replace(/; again in [^;,]*(, with [^;]*)?$/, (_, more = '') =>
      more.replace(', ', '; again '),
    ),
  }
}

function whyEnded(
  view: View,
  run: Run,
  stage: Stage,
  at: { stage: string; index: number },
  state: string,
): ItemWhy {
  const stored = view.store.result(run.definition.name, answersOf(view, stage), at.index)
  const key = stored === undefined ? {} : { key: stored.key }
  if (state === 'done' || state === 'stopped') {
    const { reason, attempts } = placeOf(view, run, stage, at.index)
    const earlier = attempts > 1 ? earlierOf(view, run, stage, at.index) : {}
    return { ...at, ...key, state, reason, ...earlier }
  }
  const failure = stored === undefined ? undefined : failureIn(stored)
  const reason = failure?.message ?? run.problem?.message ?? 'nothing was noted'
  return {
    ...at,
    ...key,
    state,
    // An item cancelled with its run has not failed itself: its failure only says what stopped the run.
    reason: failure === undefined || state === 'cancelled' ? reason : failureInWords(failure),
    helps: helpFor(run, stage, failure),
    failure,
  }
}

function whyUnknown(view: View, stage: Stage): { state: string; reason: string } {
  const { link } = stage.definition
  if (link.kind === 'gather' || link.kind === 'tree') {
    const upstream = view.state.stages[stage.upstream]?.definition.name ?? 'the input'
    return { state: 'waiting', reason: `waits until ${upstream} has ended` }
  }
  if (stage.complete)
    return { state: 'absent', reason: `the stage has ${plural(stage.known, 'item')}` }
  return { state: 'unread', reason: 'not read yet: the input is read as tasks end' }
}

function whyUncut(view: View, run: Run, stage: Stage, index: number, now: number): TaskWhy {
  const { state } = view
  if (stage.definition.link.kind === 'item') {
    const upstream = state.stages[stage.upstream]
    const code = itemStates[stateOf(upstream.items, index)]
    if (code === 'open')
      return { state: 'waiting', reason: `waits for its result of ${upstream.definition.name}` }
  }
  if (waitsForAll(stage))
    return { state: 'waiting', reason: `its stage takes all in one task: ${lastOf(state, stage)}` }
  if (!view.owned && run.state === 'active') return nobodyWorks
  const resting = run.state === 'active' ? '' : `; the run is ${run.state}`
  const ahead = waitingBefore(state, stage, index)
  return {
    state: 'ready',
    reason: `${goFirst(ahead)}${resting}`,
    ...(view.owned && run.state === 'active' ? startInPool(state, stage, ahead, now) : {}),
  }
}

/** With `chunk: 'whole'`, until the last item has come. */
const waitsForAll = ({ definition: { chunk }, complete, pool, items, known }: Stage): boolean =>
  chunk.kind === 'whole' && !(complete && pool.size + endedCount(items) >= known)

function lastOf({ stages }: State, { definition: { link }, upstream }: Stage): string {
  if (link.kind === 'item') return `waits until ${stages[upstream].definition.name} has ended`
  const isPushed = link.kind === 'source' && link.pushed === true
  return isPushed ? 'waits until its stream is closed' : 'waits until the input is read to its end'
}

/** Items of the stage that also wait and go before an item that is in no task yet. */
function waitingBefore({ tasks }: State, { number, pool }: Stage, index: number): number {
  let items = 0
  pool.starts.forEach((start, at) => {
    items += Math.max(0, Math.min(pool.ends[at], index) - start)
  })
  for (let task = 0; task < tasks.used; task += 1) {
    const isOpen = tasks.state[task] !== FREE && tasks.state[task] !== RUNNING
    if (isOpen && tasks.stage[task] === number) items += tasks.count[task]
  }
  return items
}
