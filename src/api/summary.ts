import { whyGivenUpOn } from '../core/given-up.ts'
import { limits } from '../core/limits.ts'
import { CANCELLED, DONE, FAILED, SKIPPED, STOPPED } from '../core/items.ts'
import type { Run } from '../core/run.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { crewOf, speedOf } from './crew.ts'
import { formatCount, formatDuration, plural } from '../std/units.ts'
import { type LoadedModel, loadedOn, loadingOn } from './why/loaded.ts'
import type { Job } from '../model/job.ts'
import type { NeverHere } from '../model/never-here.ts'
import type { MachineDefinition } from '../model/run.ts'
import type { Written } from '../adapter/output/write-output.ts'

/** What a run came to, or has come to so far. Times in seconds. */
export type Summary = {
  readonly run: string
  readonly job: string
  /** `finishing`: all items have ended, outputs are being written. */
  readonly state: Run['state'] | 'interrupted'
  /** Counts over the items of every stage. */
  readonly items: {
    readonly total: number
    readonly done: number
    readonly failed: number
    readonly skipped: number
    readonly stopped: number
    readonly cancelled: number
  }
  /** Counts items, one for each time one was run. */
  readonly attempts: number
  readonly retries: number
  /** From submission to end (or now). */
  readonly seconds: number
  /** Of these: those in which nobody worked on it, interrupted or ended and not yet tried again. */
  readonly restedSeconds: number
  /** From the first start to the last end, without the time in which it was interrupted. */
  readonly makespan: number
  /** No schedule of the measured times on these machines is shorter than this. */
  readonly lowerBound: number
  /** Time taken by attempts, answered or not, weighted by speed, over all slots and the makespan. */
  readonly utilisation: number
  /** Failed items over those that ended as done, stopped or failed: 0 to 1. */
  readonly errorRate: number
  /** The most that a slot's process held, in MB (10^6 bytes). */
  readonly peakRssMB: number
  readonly outputs: readonly {
    readonly path: string
    readonly files: number
    readonly items: number
    readonly bytes: number
  }[]
  readonly machines: readonly {
    readonly id: string
    readonly slots: number
    readonly tasks: number
    readonly busySeconds: number
    /** Models its slots hold now. */
    readonly loaded: readonly LoadedModel[]
    /** What they load now: models, or stages that name none. */
    readonly loading: readonly LoadedModel[]
  }[]
  readonly stages: readonly StageSummary[]
  /** Machines that the run went on without, for a stage that cannot be set up there. */
  readonly givenUp?: readonly {
    readonly machine: string
    readonly stage: string
    readonly reason: string
  }[]
  /** Where the order could not look at all items at once: at how many it did. */
  readonly window?: { readonly order: string; readonly items: number }
  /** Of items with a due date, their own or the run's: how many ended well, late, and by how much at most. */
  readonly due?: { readonly ended: number; readonly late: number; readonly mostSeconds: number }
  /** Why it failed, in words, where that is not its items' failures alone. */
  readonly problem?: string
}

export type StageSummary = {
  readonly name: string
  readonly total: number
  readonly complete: boolean
  readonly done: number
  readonly failed: number
  readonly skipped: number
  readonly stopped: number
  readonly cancelled: number
  readonly busySeconds: number
  /** Bytes asked for by `needs.memory`, and the most a slot held while it ran the stage. */
  readonly memoryAsked: number
  readonly memoryPeak: number
  /** Mean of loading it once in a slot. */
  readonly setupSeconds: number
}

export function summarise(state: State, run: Run, written: readonly Written[]): Summary {
  const stages = run.stages.map(number => state.stages[number])
  const sum = (code: number) => stages.reduce((total, stage) => total + stage.items.counts[code], 0)
  const total = stages.reduce((known, stage) => known + stage.known, 0)
  const first = Math.min(...stages.map(stage => stage.firstStart || Number.POSITIVE_INFINITY))
  const last = Math.max(0, ...stages.map(stage => stage.lastEnd))
  const makespan =
    Number.isFinite(first) && last > first ? Math.max(0, last - first - run.rested) / 1e6 : 0
  const failed = sum(FAILED)
  const ended = sum(DONE) + failed + sum(STOPPED)
  const givenUp = givenUpIn(state, stages)
  return {
    run: run.definition.name,
    job: run.definition.job,
    state: run.state,
    items: {
      total,
      done: sum(DONE),
      failed,
      skipped: sum(SKIPPED),
      stopped: sum(STOPPED),
      cancelled: sum(CANCELLED),
    },
    attempts: attemptsOf(stages),
    retries: run.retries,
    seconds: ((run.endedAt || state.now) - run.submittedAt) / 1e6,
    restedSeconds: run.rested / 1e6,
    makespan,
    lowerBound: lowerBound(state, run, stages),
    utilisation: utilisation(state, run, stages, makespan),
    errorRate: ended === 0 ? 0 : failed / ended,
    peakRssMB: Math.round(Math.max(0, ...stages.map(stage => stage.peakBytes)) / 1e6),
    outputs: written.map(({ path, files, items, bytes }) => ({ path, files, items, bytes })),
    machines: crewOf(state, run).map(({ machine: number, slots }) => {
      const machine = state.machines[number]
      return {
        id: machine.definition.id,
        slots,
        ...shareOf(stages, number),
        loaded: loadedOn(state, machine),
        loading: loadingOn(state, machine),
      }
    }),
    stages: stages
      .filter(stage => stage.root === stage.number)
      .map(root => stageSummary(stages.filter(({ root: of }) => of === root.number))),
    ...(looksAtAll(run, stages)
      ? {}
      : { window: { order: run.order.name, items: limits.indexedTasks } }),
    ...(givenUp.length === 0 ? {} : { givenUp }),
    ...(run.dues.ended === 0 ? {} : { due: dueOf(run) }),
    ...(run.problem === undefined ? {} : { problem: run.problem.message }),
  }
}

function givenUpIn(state: State, stages: readonly Stage[]): NonNullable<Summary['givenUp']> {
  return stages.flatMap(stage =>
    state.machines.flatMap(({ number, definition }) => {
      const reason = whyGivenUpOn(stage, number)
      if (reason === undefined) return []
      return [{ machine: definition.id, stage: stage.definition.name, reason }]
    }),
  )
}

const dueOf = ({ dues: { ended, late, most } }: Run): NonNullable<Summary['due']> => ({
  ...{ ended, late, mostSeconds: most / 1e6 },
})

/** "2 of 30 items ended after they were due, by 4.1 s at most". */
export function dueInWords({ ended, late, mostSeconds }: NonNullable<Summary['due']>): string {
  const items = plural(ended, 'item')
  if (late === 0) return `${items} with a due date ended in time`
  const were = late === 1 ? 'it was' : 'they were'
  const most = `${formatDuration(mostSeconds * 1e6)}${late === 1 ? '' : ' at most'}`
  return `${formatCount(late)} of ${items} ended after ${were} due, by ${most}`
}

const looksAtAll = (run: Run, stages: readonly Stage[]): boolean =>
  !run.order.global || stages.every(({ known }) => known <= limits.indexedTasks)

/** "order spt: among 1,000,000 items at a time". */
export const windowInWords = ({ order, items }: NonNullable<Summary['window']>): string =>
  `order ${order}: among ${plural(items, 'item')} at a time`

/** What `run --json` prints: its documented fields and no others; `status --json` has all of them. */
export function documented(summary: Summary) {
  const {
    run,
    job,
    state,
    items,
    machines,
    restedSeconds: _rested,
    stages: _stages,
    window: _window,
    due: _due,
    ...measures
  } = summary
  const { cancelled: _cancelled, ...counts } = items
  const shares = machines.map(({ id, slots, tasks, busySeconds }) => {
    return { id, slots, tasks, busySeconds }
  })
  return { run, job, state, items: counts, ...measures, machines: shares }
}

/** The same of a job that no machine here could ever run: there is no run, and every count is 0. */
export function neverBegun(
  job: Job,
  machines: readonly MachineDefinition[],
  { message, refusals }: NeverHere,
) {
  return {
    run: null,
    job: job.name,
    state: 'never-here',
    items: { total: 0, done: 0, failed: 0, skipped: 0, stopped: 0 },
    attempts: 0,
    retries: 0,
    seconds: 0,
    makespan: 0,
    lowerBound: 0,
    utilisation: 0,
    errorRate: 0,
    peakRssMB: 0,
    outputs: [],
    problem: message,
    refusals,
    machines: machines.map(({ id, slots = 0 }) => ({ id, slots, tasks: 0, busySeconds: 0 })),
  }
}

/** One stage as its author wrote it: a tree is all its levels. */
function stageSummary(levels: readonly Stage[]): StageSummary {
  const [root] = levels
  const top = levels[levels.length - 1]
  const sum = (of: (level: Stage) => number) => levels.reduce((all, level) => all + of(level), 0)
  const loads = sum(({ setup }) => setup.n)
  return {
    name: root.definition.name,
    total: sum(level => level.known),
    complete: top.complete && (levels.length === 1 || top.known <= 1),
    done: sum(({ items }) => items.counts[DONE]),
    failed: sum(({ items }) => items.counts[FAILED]),
    skipped: sum(({ items }) => items.counts[SKIPPED]),
    stopped: sum(({ items }) => items.counts[STOPPED]),
    cancelled: sum(({ items }) => items.counts[CANCELLED]),
    busySeconds: sum(({ busyMicros }) => busyMicros) / 1e6,
    memoryAsked: root.definition.needs.memory ?? 0,
    memoryPeak: Math.max(...levels.map(({ peakBytes }) => peakBytes)),
    setupSeconds: loads === 0 ? 0 : sum(({ setup }) => setup.micros) / loads / 1e6,
  }
}

/** Measured work over the speed of all slots: no schedule of these times on these machines is shorter. */
function lowerBound(state: State, run: Run, stages: readonly Stage[]): number {
  const speed = speedOf(state, run)
  return speed === 0 ? 0 : workOf(stages) / speed / 1e6
}

/**
 * Attempts in all, one per item, in chunks too: each counts where it ended, or where its slot or machine was
 * lost.
 */
const attemptsOf = (stages: readonly Stage[]): number =>
  stages.reduce((all, { byMachine }) => byMachine.reduce((some, { tasks }) => some + tasks, all), 0)

function shareOf(
  stages: readonly Stage[],
  machine: number,
): { tasks: number; busySeconds: number } {
  let tasks = 0
  let micros = 0
  for (const stage of stages) {
    tasks += stage.byMachine[machine]?.tasks ?? 0
    micros += stage.byMachine[machine]?.micros ?? 0
  }
  return { tasks, busySeconds: micros / 1e6 }
}

/** Micros the items took at speed 1: a second on a machine of speed 2 is two seconds of work. */
function workOf(stages: readonly Stage[]): number {
  let total = 0
  for (const { byMachine } of stages)
    byMachine.forEach(({ work }) => {
      total += work
    })
  return total
}

function utilisation(state: State, run: Run, stages: readonly Stage[], makespan: number): number {
  const speed = speedOf(state, run)
  if (makespan === 0 || speed === 0) return 0
  return Math.min(1, workOf(stages) / 1e6 / (makespan * speed))
}
