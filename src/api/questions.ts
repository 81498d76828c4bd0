import { FAILED, stateOf } from '../core/items.ts'
import type { Run } from '../core/run.ts'
import type { Stage } from '../core/stage.ts'
import { InputError } from '../model/input-error.ts'
import { removedMeanwhile } from '../port/journal-error.ts'
import type { LogLine, StoredResult } from '../port/store.ts'
import { type Forecast, timeLeft } from './forecast/forecast.ts'
import { type FoundItem, findItem, keysOf } from './why/find-item.ts'
import { writtenBy } from './run-outputs.ts'
import { type StrategyNote, strategyNote } from './beside/strategy-note.ts'
import { type Running, runningTasks } from './running.ts'
import { type Summary, summarise } from './summary.ts'
import {
  answersOf,
  findRun,
  listRuns,
  liveRunOf,
  type RunRow,
  stageNamed,
  stagesOf,
  stateOfRun,
  topOf,
  type View,
} from './view.ts'
import { topResults } from './whole-answers.ts'
import { type ItemWhy, whyItem } from './why/why-item.ts'
import { type RunWhy, whyRun } from './why/why-run.ts'
import { nowOf } from './now.ts'

/** Questions about a directory; each is answered alike by its owner and by who opens it ownerless. */
export type Question =
  | { readonly op: 'runs' }
  | { readonly op: 'status'; readonly run?: string }
  | { readonly op: 'running'; readonly run?: string }
  | { readonly op: 'why'; readonly run?: string; readonly stage?: string }
  | {
      readonly op: 'whyItem'
      readonly run?: string
      readonly item: string
      readonly stage?: string
    }
  | {
      readonly op: 'logs'
      readonly run?: string
      readonly item?: string
      readonly stage?: string
      readonly after?: number
    }
  | {
      readonly op: 'results'
      readonly run?: string
      readonly stage?: string
      readonly failed?: boolean
      readonly from?: number
    }

/** What each question is answered with. */
export type Answers = {
  readonly runs: readonly RunRow[]
  readonly status: Status
  readonly running: RunningNow
  readonly why: RunWhy
  readonly whyItem: WhyItem
  readonly logs: LogPage
  readonly results: ResultPage
}

export type LogPage = {
  readonly run: string
  /** With the item's key, where it is known and more than its number. */
  readonly lines: readonly (LogLine & { readonly id: number; readonly key?: string })[]
  readonly more: boolean
  /** The run has not ended: lines may follow. */
  readonly live: boolean
  /** Nobody works on it any more, though it has not ended. */
  readonly interrupted: boolean
  /** The run it continues: of what was kept the lines are there. */
  readonly previous?: string
}

export type ResultPage = {
  readonly run: string
  readonly stage: string
  readonly results: readonly StoredResult[]
  /** Where the next page begins; absent: that was all. */
  readonly next?: number
}

export async function answerQuestion(
  view: View,
  question: Question,
): Promise<Answers[Question['op']]> {
  switch (question.op) {
    case 'runs':
      return listRuns(view)
    case 'status':
      return statusOf(view, question.run)
    case 'running':
      return running(view, question.run)
    case 'why':
      return whyRun(view, runNamed(view, question), nowOf(view.state), question.stage)
    case 'whyItem':
      return whyItemOf(view, question)
    case 'logs':
      return logPage(view, question)
    case 'results':
      return resultPage(view, question)
  }
}

/** Summary of a run, and while it is at work the time it has left. */
export type Status = Summary & {
  readonly timeLeft?: Forecast
  /** What decides which machine, where the job left that to `auto` or to a planner. */
  readonly strategy?: StrategyNote
}

function statusOf(view: View, name: string | undefined): Status {
  const record = findRun(view, name)
  const summary = summarise(view.state, liveRunOf(view, record), writtenBy(view.store, record.name))
  const strategy = strategyNote(view.store, liveRunOf(view, record).definition)
  // Slots end with the process that owned the directory, and what they held with them.
  const machines = view.owned
    ? summary.machines
    : summary.machines.map(machine => ({ ...machine, loaded: [], loading: [] }))
  const status = {
    ...summary,
    machines,
    state: stateOfRun(view, record),
    strategy,
  }
  if (status.state !== 'active') return status
  const left = timeLeft(view.state, liveRunOf(view, record), nowOf(view.state))
  return left === undefined ? status : { ...status, timeLeft: left }
}

/** What runs at an instant of the owner's clock. */
export type RunningNow = {
  readonly now: number
  /** When the first task of the run was sent to a slot, which then loads; 0: none yet. */
  readonly begun: number
  readonly tasks: readonly Running[]
  readonly rests: Run['rests']
}

function running(view: View, name: string | undefined): RunningNow {
  const now = nowOf(view.state)
  const run = liveRunOf(view, findRun(view, name))
  const starts = run.stages.map(number => view.state.stages[number].firstStart)
  const begun = starts.reduce((least, at) => (at > 0 && at < least ? at : least), Infinity)
  return {
    now,
    begun: Number.isFinite(begun) ? begun : 0,
    tasks: runningTasks(view, run, now),
    rests: run.rests,
  }
}

const runNamed = (view: View, { run }: { readonly run?: string }): Run =>
  liveRunOf(view, findRun(view, run))

export type WhyItem = {
  readonly run: string
  readonly job: string
  readonly item: string
  readonly stages: readonly ItemWhy[]
}

async function whyItemOf(
  view: View,
  question: Extract<Question, { op: 'whyItem' }>,
): Promise<WhyItem> {
  const run = runNamed(view, question)
  const found = await findItem(view, run, question.item, question.stage)
  const stages = whyItem(view, run, found, nowOf(view.state))
  const { name, job } = run.definition
  const chosen = stages.filter(at => question.stage === undefined || at.stage === question.stage)
  if (chosen.length === 0)
    throw new InputError(
      `${question.item} is no item of stage ${question.stage}; dray why ${name} ${question.item} says where it is one`,
    )
  return { run: name, job, item: question.item, stages: chosen }
}

const pageLines = 2_000
/** Stays well under the longest line the socket carries. */
const pageBytes = 4 << 20

async function logPage(view: View, question: Extract<Question, { op: 'logs' }>): Promise<LogPage> {
  const record = findRun(view, question.run)
  const run = liveRunOf(view, record)
  const { stage, after = 0 } = question
  if (stage !== undefined) stageNamed(view, run, stage)
  const found =
    question.item === undefined ? undefined : await findItem(view, run, question.item, stage)
  const only = stage ?? laterThanInput(view, run, found)
  const lines: LogPage['lines'][number][] = []
  const keyed = keysOf(view, run)
  const options = {
    after,
    ...(found === undefined ? {} : { index: found.index }),
    stage: only,
  }
  let bytes = 0
  let more = false
  for (const line of view.store.logs(record.name, options)) {
    if (lines.length >= pageLines || bytes > pageBytes) {
      more = true
      break
    }
    lines.push({ ...line, ...keyed(line.stage, line.index) })
    bytes += line.text.length
  }
  const state = stateOfRun(view, record)
  const [live, interrupted] = [state === 'active', state === 'interrupted']
  return { run: record.name, lines, more, live, interrupted, previous: record.previous }
}

/** An item that a later stage makes of others shares its number with an item of the input. */
function laterThanInput(view: View, run: Run, found: FoundItem | undefined): string | undefined {
  const from = found?.from
  return from === undefined || from === stagesOf(view, run)[0] ? undefined : from.definition.name
}

function resultPage(view: View, question: Extract<Question, { op: 'results' }>): ResultPage {
  const { from = 0, failed = false, run: name } = question
  // A further page names the run as the first had it.
  if (from > 0 && name !== undefined && view.store.run(name) === undefined)
    throw removedMeanwhile(`results of ${name}`)
  const record = findRun(view, name)
  const run = liveRunOf(view, record)
  const stages = stagesOf(view, run)
  const stage =
    question.stage === undefined ? stages[stages.length - 1] : stageNamed(view, run, question.stage)
  const results: StoredResult[] = []
  let bytes = 0
  const page = { run: record.name, stage: stage.definition.name, results }
  const found = failed
    ? failedResults(view, record.name, stage, from)
    : topResults(view.state, view.store, stage, from)
  for (const result of found) {
    if (results.length >= pageLines || bytes > pageBytes) return { ...page, next: result.index }
    results.push(result)
    bytes += result.payload.length
  }
  return page
}

function* failedResults(view: View, run: string, stage: Stage, from: number) {
  const { items } = topOf(view.state, stage)
  const options = { from, states: ['failed'] } as const
  for (const result of view.store.results(run, answersOf(view, stage), options))
    if (stateOf(items, result.index) === FAILED) yield result
}
