import { formatCount, plural } from '../std/units.ts'
import type { Command } from 'commander'
import { type CompareOptions, type Comparison, compareStrategies } from '../choose/compare.ts'
import type { Stop } from '../choose/drive.ts'
import { objectiveBound } from '../choose/objective-bound.ts'
import type { Replay } from '../choose/replay-problem.ts'
import { InputError } from '../model/input-error.ts'
import { compareRows, compareTable } from '../report/compare-view.ts'
import { formatGap, formatTime } from '../report/plan-view.ts'
import { exitCode, exitWith } from './exit.ts'
import { requirePlace, writePage } from './page.ts'
import { faultsFrom } from './problem/fault-flag.ts'
import { withSolver } from './plan.ts'
import { directoryFrom } from './directory.ts'
import {
  type ConditionFlags,
  conditionOptions,
  type JobInputFlags,
  jobOptions,
} from './problem/problem-options.ts'
import {
  aboutJob,
  jobNotes,
  requireRoomFor,
  type Schedulable,
  schedulable,
} from './problem/schedulable.ts'
import {
  noiseFrom,
  objectiveFrom,
  objectiveOption,
  orderFrom,
  orderHelp,
  spendingFrom,
  strategiesFrom,
  wholeFrom,
} from './problem/strategy-flags.ts'
import { stopPlanning } from './problem/stop-planning.ts'
import { terminal, toTerminal } from './terminal.ts'

type CompareFlags = JobInputFlags &
  ConditionFlags & {
    readonly strategies: string
    readonly order?: string
    readonly objective?: string
    readonly seeds: string
    readonly seed: string
    readonly timeLimit?: string
    readonly steps?: string
    readonly html?: string
    readonly run?: string
    readonly json?: boolean
  }

export function registerCompare(program: Command): void {
  const command = program
    .command('compare')
    .argument('[input]', 'a matrix (.csv), a problem or WfFormat instance (.json), or a job file')
    .option('--strategies <names>', 'names with commas, or all', 'all')
    .option('--order <name>', orderHelp)
    .option(...objectiveOption)
    .option('--seeds <n>', 'runs with noise under so many seeds, for intervals', '1')
    .option('--seed <n>', 'the first seed', '1')
    .option('--time-limit <duration>', 'for each strategy that searches')
    .option('--steps <n>', 'the same, in steps of some milliseconds each: repeats byte for byte')
    .option('--run <run>', 'instead of an input: what a recorded run would have been')
    .option('--html <file>', 'a page with the table and every schedule under one time axis')
    .option('--json', 'one JSON object')
  conditionOptions(command, 'with --seeds 0.2, or what a job’s runs learnt')
  jobOptions(command).action((input: string | undefined, flags: CompareFlags) =>
    exitWith(() => runCompare(input, flags), { computes: true }),
  )
}

async function runCompare(input: string | undefined, flags: CompareFlags): Promise<number> {
  const stop = stopPlanning()
  const asked = askedFrom(flags, stop)
  if (flags.html !== undefined) requirePlace(flags.html)
  const subject = await subjectOf(input, flags)
  const { problem, replay } = subject
  const options = optionsFrom(asked, subject)
  requireRoomFor(input ?? problem.name, subject, options)
  const compared = await withSolver(solver =>
    compareStrategies(problem, { ...options, solver, onStrategy: progress(flags) }),
  )
  const comparison = replay ? withEstimates(compared, replay) : compared
  const notes = [
    ...jobNotes(subject, options.noise),
    ...(replay ? [replayNote(replay, comparison)] : []),
  ]
  if (flags.html !== undefined) {
    const { noise, seed, seeds, objective } = options
    // The drawing library takes a quarter of a second to load, which no other command should pay.
    const { compareHtml } = await import('../report/compare-html.ts')
    const about = {
      ...{ noise, seed, seeds, objective },
      ...(notes.length > 0 && { note: told(notes) }),
      ...(replay && { isEstimated: replay.isEstimated }),
    }
    await writePage(flags.html, compareHtml(problem, comparison, about))
  }
  if (flags.json === true) {
    const { skipped } = comparison
    const recorded = replay && { recorded: { run: replay.run, makespan: replay.seconds } }
    const { objective, noise } = options
    const least = noise > 0 ? 0 : objectiveBound(problem, objective)
    const results = compareRows(comparison, objective, least)
    const about = { objective, ...aboutJob(subject, noise) }
    process.stdout.write(`${JSON.stringify({ results, skipped, ...about, ...recorded })}\n`)
  } else {
    const width = process.stdout.isTTY === true ? terminal().width : Number.POSITIVE_INFINITY
    const text = compareTable(problem, comparison, options.objective, width)
    process.stdout.write(
      toTerminal([text.trimEnd(), ...noiseNote(subject, options, asked), ...notes]),
    )
  }
  return stop.isAsked() ? exitCode.interrupted : exitCode.done
}

/** Of a job it stands beside its times, on a page above all. */
const noiseNote = ({ job }: Subject, { noise }: CompareOptions, asked: Asked): readonly string[] =>
  noise > 0 && job === undefined
    ? [
        `durations vary by ${formatGap(noise)}${asked.noise === undefined ? ', for want of --noise' : ''}`,
      ]
    : []

/** As sentences. */
const told = (notes: readonly string[]): string =>
  notes
    .map(note => `${note[0].toUpperCase()}${note.slice(1)}${/[.]$/.test(note) ? '' : '.'}`)
    .join(' ')

type Subject = Schedulable & { readonly replay?: Replay }

async function subjectOf(input: string | undefined, flags: CompareFlags): Promise<Subject> {
  if (flags.run === undefined) {
    if (input === undefined) throw new InputError('compare: expected an input, or --run RUN')
    return schedulable(input, flags)
  }
  if (input !== undefined) throw new InputError('compare: an input or --run, not both')
  if (flags.arrivals !== undefined) {
    throw new InputError('compare: --arrivals is for problems; a run has the arrivals it had')
  }
  const { recordedRun } = await import('./problem/recorded-run.ts')
  const replay = await recordedRun(directoryFrom(flags.dir), flags.run)
  const objective = objectiveFrom(flags.objective) ?? replay.objective
  const order = flags.order === undefined ? {} : { order: orderFrom(flags.order) }
  return { problem: replay.problem, objective, noise: 0, replay, ...order }
}

/** Of each strategy, how many tasks it put where their time was not measured. */
function withEstimates(comparison: Comparison, { isEstimated }: Replay): Comparison {
  const rows = comparison.rows.map(row => {
    const estimated = row.schedule.machine.filter((machine, task) => isEstimated(task, machine))
    return { ...row, estimatedTimes: estimated.length }
  })
  return { ...comparison, rows }
}

function replayNote(replay: Replay, { rows }: Comparison): string {
  const most = Math.max(0, ...rows.map(({ estimatedTimes = 0 }) => estimatedTimes))
  const times =
    most === 0
      ? 'All times are measured.'
      : `Times on machines a task did not run on are estimated from speeds: up to ${formatCount(most)} of ${plural(replay.problem.tasks.length, 'task')} in one schedule.`
  const seconds = formatTime(replay.seconds, 's')
  const took = replay.isAtWork
    ? `The run has not ended: what had ended by now is replayed, for which it took ${seconds} itself, waiting and overheads included.`
    : `The run itself took ${seconds}, waiting and overheads included.`
  return [took, ...leftOut(replay), ...departed(replay), times].join(' ')
}

const departed = ({ departed: ids }: Replay): readonly string[] =>
  ids.length > 0
    ? [
        `${ids.length > 4 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more machines` : ids.join(', ')} left before its end, and ${ids.length === 1 ? 'counts as a machine that is' : 'count as machines that are'} there throughout.`,
      ]
    : []

const leftOut = ({ leftOut: items }: Replay): readonly string[] =>
  items > 0
    ? [`${plural(items, 'item')} without a result ${items === 1 ? 'is' : 'are'} left out.`]
    : []

type Asked = Omit<CompareOptions, 'objective' | 'order' | 'noise'> & { readonly noise?: number }

/** Flags are checked first: a wrong one is reported before a large input is read. */
function askedFrom(flags: CompareFlags, stop: Stop): Asked {
  const faults = faultsFrom(flags.faults)
  return {
    strategies: strategiesFrom(flags.strategies),
    seed: wholeFrom('--seed', flags.seed, 0),
    seeds: wholeFrom('--seeds', flags.seeds, 1),
    spending: spendingFrom(flags, 2_000, stop),
    faults,
    ...(flags.noise !== undefined && { noise: noiseFrom(flags.noise) }),
  }
}

/** Several seeds without noise would be the same run several times. */
function optionsFrom(asked: Asked, { objective, order, noise, job }: Subject): CompareOptions {
  const usual = asked.seeds === 1 ? 0 : job && noise > 0 ? noise : 0.2
  return { ...asked, objective, noise: asked.noise ?? usual, order }
}

/** On a terminal, what is being tried now; a search may take its whole time limit. */
function progress(flags: CompareFlags): (name: string) => void {
  if (flags.json === true || process.stderr.isTTY !== true) return () => undefined
  return name => process.stderr.write(`\r\u001b[K${name} ...\r`)
}
