import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type CompareOptions, type Comparison, compareStrategies } from '../choose/compare.ts'
import type { Replay } from '../choose/replay-problem.ts'
import { InputError } from '../model/input-error.ts'
import type { Problem } from '../model/problem.ts'
import { compareRows, compareTable } from '../report/compare-view.ts'
import { formatTime } from '../report/plan-view.ts'
import { exitCode, exitWith } from './exit.ts'
import { faultsFrom } from './fault-flag.ts'
import { withSolver } from './plan.ts'
import { directoryFrom } from './job.ts'
import { readInput } from './problem-input.ts'
import { recordedRun } from './recorded-run.ts'
import { numberFrom, orderFrom, spendingFrom, strategiesFrom, wholeFrom } from './strategy-flags.ts'

type CompareFlags = {
  readonly strategies: string
  readonly order?: string
  readonly seeds: string
  readonly seed: string
  readonly noise?: string
  readonly faults?: string
  readonly timeLimit?: string
  readonly steps?: string
  readonly machines?: string
  readonly html?: string
  readonly run?: string
  readonly dir?: string
  readonly json?: boolean
}

export function registerCompare(program: Command): void {
  program
    .command('compare')
    .argument('[input]', 'a matrix (.csv), a problem or a WfFormat instance (.json)')
    .description('the same problem under several strategies, with a bound for all of them')
    .option('--strategies <names>', 'names with commas, or all', 'all')
    .option('--order <name>', 'which ready task first, for online strategies')
    .option('--seeds <n>', 'runs with noise under so many seeds, for intervals', '1')
    .option('--seed <n>', 'the first seed', '1')
    .option('--noise <share>', 'coefficient of variation of the durations; 0.2 with --seeds')
    .option(
      '--faults <spec>',
      '5%, or failing=5%,losses=100,away=10,attempts=3 (times in the unit)',
    )
    .option('--time-limit <duration>', 'for each strategy that searches')
    .option('--steps <n>', 'the same, counted: repeats byte for byte')
    .option('--machines <file>', 'machines and network for a WfFormat instance')
    .option('--run <run>', 'instead of an input: what a recorded run would have been')
    .option('--dir <dir>', 'where runs live; .dray here by default')
    .option('--html <file>', 'a page with the table and every schedule under one time axis')
    .option('--json', 'one JSON object')
    .action((input: string | undefined, flags: CompareFlags) =>
      exitWith(() => runCompare(input, flags)),
    )
}

async function runCompare(input: string | undefined, flags: CompareFlags): Promise<number> {
  const options = optionsFrom(flags)
  const { problem, replay } = await subjectOf(input, flags)
  const comparison = await withSolver(solver =>
    compareStrategies(problem, { ...options, solver, onStrategy: progress(flags) }),
  )
  const estimated = replay && estimatedTimes(comparison, replay)
  if (flags.html !== undefined) {
    const { noise, seed, seeds } = options
    const note = replay && estimated && replayNote(replay, estimated)
    // The drawing library takes a quarter of a second to load, which no other command should pay.
    const { compareHtml } = await import('../report/compare-html.ts')
    const about = { noise, seed, seeds, ...(note && { note }) }
    writePage(flags.html, compareHtml(problem, comparison, about))
  }
  if (flags.json === true) {
    const { skipped } = comparison
    const recorded = replay && { recorded: { run: flags.run, makespan: replay.seconds } }
    const results = compareRows(comparison).map((row, at) =>
      estimated ? { ...row, estimatedTimes: estimated[at] } : row,
    )
    process.stdout.write(`${JSON.stringify({ results, skipped, ...recorded })}\n`)
  } else {
    process.stdout.write(compareTable(problem, comparison))
    if (replay && estimated) process.stdout.write(`${replayNote(replay, estimated)}\n`)
  }
  return exitCode.done
}

async function subjectOf(
  input: string | undefined,
  flags: CompareFlags,
): Promise<{ problem: Problem; replay?: Replay }> {
  if (flags.run !== undefined) {
    if (input !== undefined) throw new InputError('compare: an input or --run, not both')
    const replay = await recordedRun(directoryFrom(flags.dir), flags.run)
    return { problem: replay.problem, replay }
  }
  if (input === undefined) throw new InputError('compare: expected an input, or --run RUN')
  const read = readInput(input, flags.machines)
  if (read.kind === 'problem') return { problem: read.problem }
  throw new InputError(`${input}: a job file; compare takes a problem, or a run with --run`)
}

/** Of each strategy, how many tasks it put where their time was not measured. */
function estimatedTimes({ rows }: Comparison, replay: Replay): number[] {
  return rows.map(({ schedule }) =>
    schedule.machine.reduce(
      (count, machine, task) => count + (replay.isEstimated(task, machine) ? 1 : 0),
      0,
    ),
  )
}

function replayNote(replay: Replay, estimated: readonly number[]): string {
  const most = Math.max(0, ...estimated)
  const times =
    most === 0
      ? 'All times are measured.'
      : `Times on machines a task did not run on are estimated from speeds: up to ${most} of ${replay.problem.tasks.length} tasks in one schedule.`
  return `The run itself took ${formatTime(replay.seconds, 's')}, waiting and overheads included. ${times}`
}

function optionsFrom(flags: CompareFlags): CompareOptions {
  const seeds = wholeFrom('--seeds', flags.seeds, 1)
  const faults = faultsFrom(flags.faults)
  const noise =
    flags.noise === undefined ? (seeds > 1 ? 0.2 : 0) : numberFrom('--noise', flags.noise)
  return {
    strategies: strategiesFrom(flags.strategies),
    objective: 'makespan',
    seed: wholeFrom('--seed', flags.seed, 0),
    seeds,
    noise,
    spending: spendingFrom(flags, 2_000),
    ...(faults && { faults }),
    ...(flags.order && { order: orderFrom(flags.order) }),
  }
}

/** On a terminal, what is being tried now; a search may take its whole time limit. */
function progress(flags: CompareFlags): (name: string) => void {
  if (flags.json === true || process.stderr.isTTY !== true) return () => undefined
  return name => process.stderr.write(`\r\u001b[K${name} ...\r`)
}

export function writePage(path: string, html: string): void {
  try {
    writeFileSync(path, html)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`--html ${path}: cannot be written: ${reason}`)
  }
}
