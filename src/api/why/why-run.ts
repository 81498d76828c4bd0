import { FAILED, stateOf } from '../../core/items.ts'
import { queuedCount, type TaskQueue } from '../../core/queue.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { Class } from '../../core/state.ts'
import type { Failure } from '../../model/failure.ts'
import { shortKey } from '../../std/columns.ts'
import { formatCount } from '../../std/units.ts'
import { storedName } from '../../driver/stored-name.ts'
import { failureIn } from '../../port/store.ts'
import { type Forecast, slowTasks, timeLeft } from '../forecast/forecast.ts'
import { keysOf } from './find-item.ts'
import { type Refusal, refusalsOf } from './refusals.ts'
import { type StrategyNote, strategyNote } from '../beside/strategy-note.ts'
import { levelsOf, stageNamed, stagesOf, stateOfRun, type View } from '../view.ts'
import { helpFor } from './helps.ts'
import { type ItemWhy, whyInStage } from './why-item.ts'
import { taskCounts } from './why-task.ts'

/** The answer to `why RUN`: what it waits for, what is slow, what failed, and what would help. */
export type RunWhy = {
  readonly run: string
  readonly job: string
  readonly state: string
  readonly reason: string
  readonly helps?: string
  readonly timeLeft?: Forecast
  /** What decides which machine, where the job left that to `auto` or to a planner. */
  readonly strategy?: StrategyNote
  readonly stages: readonly StageWhy[]
  readonly failures: readonly FailureGroup[]
}

export type StageWhy = {
  readonly stage: string
  readonly running: number
  /** Tasks that could start, and why they do not, by class and machine. */
  readonly ready: number
  /** In a machine's queue. */
  readonly assigned: number
  /** Backing off, or not before an instant. */
  readonly waiting: number
  readonly refusals: readonly Refusal[]
  readonly slow: readonly ItemWhy[]
}

/** Failures alike in kind and message, what is each item's own aside; the message is the first one's. */
type FailureGroup = {
  readonly stage: string
  readonly kind: Failure['kind']
  readonly message: string
  readonly items: number
  /** There may be more: not all that failed of the stage were looked at. */
  readonly atLeast?: true
  readonly firstKeys: readonly string[]
  readonly helps: string
}

export function whyRun(view: View, run: Run, now: number, stage?: string): RunWhy {
  const record = view.store.run(run.definition.name)
  const state = record === undefined ? run.state : stateOfRun(view, record)
  const strategy = strategyNote(view.store, run.definition)
  const left = state === 'active' ? timeLeft(view.state, run, now) : undefined
  const failures = failuresOf(view, run)
  const asked = stage === undefined ? stagesOf(view, run) : [stageNamed(view, run, stage)]
  return {
    run: run.definition.name,
    job: run.definition.job,
    state,
    ...reasonOf(run, state, failures.length),
    timeLeft: left,
    strategy,
    stages: view.owned ? asked.map(at => whyStage(view, run, at, now)) : [],
    failures: failures.filter(group => stage === undefined || group.stage === stage),
  }
}

function reasonOf(run: Run, state: string, failed: number): { reason: string; helps?: string } {
  const name = run.definition.name
  const problem = run.problem?.message
  switch (state) {
    case 'done':
      return { reason: `every item has ended${failed > 0 ? '; tolerate allows what failed' : ''}` }
    case 'failed':
      return {
        reason: problem ?? 'more items failed than tolerate allows',
        helps: `${problem === undefined ? '' : 'what it says mended, then '}dray retry ${name} --failed`,
      }
    case 'cancelled':
      return {
        reason: problem ?? 'cancelled',
        helps: `dray retry ${name} --failed goes on with it`,
      }
    case 'interrupted':
      return { reason: 'nobody works on it now', helps: 'run its job again: it goes on' }
    default:
      return { reason: problem ?? 'at work' }
  }
}

function whyStage(view: View, run: Run, stage: Stage, now: number): StageWhy {
  const counts = taskCounts(view.state, stage)
  const refusals = new Map<string, Refusal>()
  for (const klass of waitingClasses(view, stage))
    for (const refusal of refusalsOf(view.state, run, klass))
      refusals.set(`${refusal.machine} ${refusal.reason}`, refusal)
  const slow = slowTasks(view.state, stage, now).slice(0, 10)
  const { name } = stage.definition
  const keyed = keysOf(view, run)
  return {
    stage: name,
    ...counts,
    refusals: [...refusals.values()],
    slow: slow.map(task => {
      const first = view.state.tasks.first[task]
      return { ...whyInStage(view, run, stage, first, now), ...keyed(name, first) }
    }),
  }
}

function waitingClasses(view: View, stage: Stage): Class[] {
  const { classes, machines } = view.state
  return stage.classes
    .map(number => classes[number])
    .filter(
      klass =>
        queuedCount(klass.queue) > 0 ||
        machines.some(({ queues }) => hasQueued(queues.get(klass.number))),
    )
}

function hasQueued(queue: TaskQueue | undefined): boolean {
  return queue !== undefined && queuedCount(queue) > 0
}

/** Failed items by what they failed of, the commonest first. Looks at the first thousands of each stage. */
export function failuresOf(view: View, run: Run, most = 5_000): FailureGroup[] {
  const groups = new Map<string, { group: FailureGroup; keys: string[]; items: number }>()
  const cutOff = new Set<string>()
  for (const stage of stagesOf(view, run)) {
    let seen = 0
    for (const { key, failure } of failuresIn(view, run, stage)) {
      if ((seen += 1) > most) {
        cutOff.add(stage.definition.name)
        break
      }
      const name = stage.definition.name
      const id = `${name}\n${failure.kind}\n${likeness(failure.message, key)}`
      const found = groups.get(id)
      if (found !== undefined) {
        found.items += 1
        if (found.keys.length < 3) found.keys.push(key)
        continue
      }
      const { kind, message } = failure
      const helps = helpFor(run, stage, failure)
      const keys = [key]
      const group = { stage: name, kind, message, items: 1, firstKeys: keys, helps }
      groups.set(id, { group, keys, items: 1 })
    }
  }
  return [...groups.values()]
    .map(({ group, items }): FailureGroup => {
      return cutOff.has(group.stage) ? { ...group, items, atLeast: true } : { ...group, items }
    })
    .sort((a, b) => b.items - a.items)
}

/** Failed items of a stage; of a tree also the nodes below its top, whose results are missing in it. */
function* failuresIn(
  view: View,
  run: Run,
  stage: Stage,
): Generator<{ readonly key: string; readonly failure: Failure }> {
  for (const level of levelsOf(view.state, stage)) {
    const stored = storedName(view.state, level)
    for (const one of view.store.results(run.definition.name, stored, { states: ['failed'] })) {
      // What failed and is open again keeps its last error until it is answered anew.
      if (stateOf(level.items, one.index) !== FAILED) continue
      yield { key: one.key, failure: failureIn(one) }
    }
  }
}

/** A message without what differs from item to item: its key, numbers, and what stands in quotes. */
function likeness(message: string, key: string): string {
  const literal = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return message
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '#')
    .replace(new RegExp(`(?<!\\w)${literal}(?!\\w)`, 'g'), '#')
    .replace(/\d+(?:\.\d+)?/g, '#')
}

/** `item a.png`, `3 items such as a.png, b.png`; keys as far as they fit a line. */
export function itemsInWords(group: FailureGroup): string {
  const keys = group.firstKeys.map(shortKey)
  if (group.items === 1) return `item ${keys[0]}`
  const least = group.atLeast === true ? 'at least ' : ''
  return `${least}${formatCount(group.items)} items such as ${keys.join(', ')}`
}
