import { endedCount, itemStates, stateOf } from '../../core/items.ts'
import type { Run, Stage, State } from '../../core/state.ts'
import { ASSIGNED, FREE, READY, RUNNING, WAITING } from '../../core/tasks.ts'
import { expectedMicros } from '../../core/times.ts'
import type { Failure } from '../../model/failure.ts'
import { formatDuration, plural } from '../../std/units.ts'
import { failureIn } from '../../port/store.ts'
import { failureInWords } from './attempt-log.ts'
import { slowTasks } from '../forecast/forecast.ts'
import {
  endOf,
  type Instants,
  instants,
  startInPool,
  startInQueue,
  startOfReady,
} from './foretold.ts'
import { loadsOf } from './loaded.ts'
import type { FoundItem } from './find-item.ts'
import { aheadInLine, aheadOn, itemsIn, tenantNote } from './line.ts'
import { orderOf, placeOf, ruleOf } from './placed.ts'
import { type Refusal, refusalsOf } from './refusals.ts'
import { answersOf, stagesOf, type View } from '../view.ts'

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
    // What was cancelled with its run has not failed itself: it carries the words of what stopped the run.
    reason: failure === undefined || state === 'cancelled' ? reason : failureInWords(failure),
    helps: helpFor(run, stage, failure),
    failure,
  }
}

/** What would make the item succeed, as far as the kind of its failure tells. */
export function helpFor(run: Run, stage: Stage, failure: Failure | undefined): string {
  const again = `dray retry ${run.definition.name} --failed`
  switch (failure?.kind) {
    case 'bad-input':
      return `mend the item, then run the job again: only what changed runs`
    case 'bad-result':
      return `what the handler answers must meet returns and be JSON; then ${again}`
    case 'timeout':
      return `timeout: above ${formatDuration(stage.definition.timeout ?? 0)} in stage ${stage.definition.name}; then ${again}`
    case 'out-of-memory':
      if (failure.code === 'HEAP')
        return `env: ['NODE_OPTIONS'] in stage ${stage.definition.name}, and NODE_OPTIONS=--max-old-space-size=<MB> where it runs; then ${again}`
      return `needs: { memory } above what it used, or retry: { on: { 'out-of-memory': { memory: 'x2' } } }; then ${again}`
    case 'crash':
      return `dray logs ${run.definition.name} shows its last words; then ${again}`
    case 'upstream':
      return 'what it depends on failed: dray why on the same item says why'
    default:
      return again
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

/** Items of the stage that wait as well and go before one that is in no task yet. */
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

const goFirst = (items: number): string =>
  `${plural(items, 'item')} of its stage ${items === 1 ? 'goes' : 'go'} first`

type TaskWhy = {
  state: string
  reason: string
  helps?: string
  refusals?: Refusal[]
  forecastStart?: Instants
  forecastEnd?: Instants
}

/** An item, and the task it is in. */
type Placed = { readonly task: number; readonly index: number }

function whyTask(view: View, run: Run, stage: Stage, at: Placed, now: number): TaskWhy {
  const { state } = view
  const { task } = at
  const { tasks } = state
  switch (tasks.state[task]) {
    case RUNNING:
      return view.owned ? whyRunning(view, run, stage, at, now) : interrupted
    case WAITING:
      return {
        state: 'waiting',
        reason:
          tasks.tries[task] > 0
            ? `attempt ${tasks.tries[task]} of ${stage.definition.retry.attempts} failed; it backs off`
            : 'not before its own earliest start',
        forecastStart: instants(tasks.readyAt[task], { low: 0, expected: 0, high: 0 }),
      }
    case ASSIGNED: {
      const machine = state.machines[tasks.machine[task]]
      const before = itemsIn(state, aheadOn(state, machine, task))
      return {
        state: 'assigned',
        reason: `in the queue of ${machine.definition.id}, ${plural(before, 'item')} before it${inChunk(state, at)}; ${ruleOf(view, run, stage, at.index)}`,
        ...(view.owned && run.state === 'active' ? startInQueue(state, stage, at, now) : {}),
      }
    }
    default:
      return whyReady(view, run, stage, at, now)
  }
}

const interrupted: TaskWhy = {
  state: 'interrupted',
  reason: 'it ran when the run was interrupted; run the job again',
}

function whyRunning(view: View, run: Run, stage: Stage, at: Placed, now: number): TaskWhy {
  const { state } = view
  const { tasks } = state
  const { task, index } = at
  const machine = state.machines[tasks.machine[task]]
  const slot = machine.slots[tasks.slot[task]]
  const ran = Math.max(0, now - Math.max(tasks.startedAt[task], slot?.headSince ?? 0))
  const expected = expectedMicros(stage, machine, index, tasks.size[task] / tasks.count[task])
  const usual = Number.isNaN(expected) ? '' : `, usually ${formatDuration(expected)}`
  const slow = slowTasks(state, stage, now).includes(task)
  const timeout = stage.definition.timeout
  const others = slot?.running.slice(0, Math.max(0, slot.running.indexOf(task))) ?? []
  const before =
    others.reduce((sum, other) => sum + tasks.left[other], 0) +
    Math.max(0, index - (tasks.first[task] + tasks.count[task] - tasks.left[task]))
  const what =
    before > 0
      ? `sent there, ${plural(before, 'item')} before it${usual}`
      : slot?.loading === true
        ? `which loads ${loadsOf(stage)} for it, for ${formatDuration(ran)}`
        : `for ${formatDuration(ran)}${usual}`
  return {
    state: slow ? 'slow' : 'running',
    reason: `on ${machine.definition.id}, slot ${tasks.slot[task]}, ${what}; ${ruleOf(view, run, stage, index)}`,
    ...(slot === undefined || slot.loading
      ? {}
      : endOf(state, stage, { machine, slot, before }, now)),
    ...(slow && timeout === undefined
      ? { helps: `a timeout for stage ${stage.definition.name} would end and retry it` }
      : {}),
  }
}

function whyReady(view: View, run: Run, stage: Stage, at: Placed, now: number): TaskWhy {
  const { state } = view
  if (!view.owned)
    return { state: 'ready', reason: 'nobody works here now', helps: 'run the job again' }
  const klass = state.classes[state.tasks.klass[at.task]]
  const ahead = itemsIn(state, aheadInLine(state, run, stage, at.task))
  const refusals = refusalsOf(state, run, klass)
  return {
    state: 'ready',
    reason: `${goFirst(ahead)}${inChunk(state, at)} (order ${orderOf(view, run, stage)}${tenantNote(state, run)})`,
    refusals,
    ...startOfReady(state, stage, { ...at, ahead }, now),
  }
}

/** Items of its own task that a slot takes before it. */
function inChunk({ tasks }: State, { task, index }: Placed): string {
  const before = index - tasks.first[task]
  return before === 0 ? '' : `, and ${before} in its own chunk`
}

function taskOf(state: State, stage: Stage, index: number): number | undefined {
  const { tasks } = state
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.state[task] === FREE || tasks.stage[task] !== stage.number) continue
    if (index >= tasks.first[task] && index < tasks.first[task] + tasks.count[task]) return task
  }
  return undefined
}

/** Tasks of a stage in each condition, for the answer to `why RUN`. */
export function taskCounts(state: State, stage: Stage) {
  const counts = { running: 0, ready: 0, assigned: 0, waiting: 0 }
  const { tasks } = state
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.stage[task] !== stage.number) continue
    const at = tasks.state[task]
    if (at === RUNNING) counts.running += 1
    else if (at === READY) counts.ready += 1
    else if (at === ASSIGNED) counts.assigned += 1
    else if (at === WAITING) counts.waiting += 1
  }
  return counts
}
