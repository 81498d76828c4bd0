import type { Command } from 'commander'
import { type Host, openHost } from '../api/host.ts'
import { refuseNeverHere } from '../api/never-here.ts'
import { answerRequest } from '../api/requests.ts'
import { isUnusable } from '../api/unusable.ts'
import { type Submitted, submitJob } from '../api/submit.ts'
import type { Run } from '../core/run.ts'
import { answerQuestion } from '../api/questions.ts'
import { documented, neverBegun, type Summary, summarise } from '../api/summary.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import { NeverHere } from '../model/never-here.ts'
import { onlineNames, orders } from '../policy/registry.ts'
import { collect } from './collect.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { type JobFlags, jobFrom, machinesFrom } from './job.ts'
import { endUnreadWith, goOnUnread, print, printJson, tell } from './print.ts'
import { formatCount, plural } from '../std/units.ts'
import { progressFor } from './watch/progress.ts'
import { printResults } from './results.ts'
import { endReport } from './end/end-report.ts'
import { explain } from './explain.ts'
import { stopSignals } from './stop-signals.ts'
import { dirOfRun, machinesOption } from './options.ts'

export type RunFlags = JobFlags & {
  readonly machines?: string
  readonly dir?: string
  readonly fresh?: boolean
  readonly keep?: boolean
  readonly redo?: readonly string[]
  readonly explain?: boolean
  readonly json?: boolean
  readonly events?: boolean
  readonly quiet?: boolean
  /** Stdout is for the answers of its last stage, once it has ended; the report goes to stderr. */
  readonly answersOnStdout?: boolean
}

/** Of `map` as well. */
export const strategyOption = [
  '--strategy <name>',
  `which machine: auto, a planner, or ${onlineNames().join(', ')}`,
] as const
export const orderOption = [
  '--order <name>',
  `which task first: ${orders.map(({ name }) => name).join(', ')}`,
] as const

export function registerRun(program: Command): void {
  program
    .command('run')
    .argument('[job]', 'job file (.ts, .js, .yaml, .json), or a folder with one')
    .option(
      '--input <spec>',
      'other input: a folder, a glob, x.jsonl, x.csv, range:0..100, - for stdin, jsonl:- for its rows',
    )
    .option('--param <name=value>', 'a value in place of the job’s own; may be repeated', collect)
    .option(...strategyOption)
    .option(...orderOption)
    .option(...machinesOption)
    .option(...dirOfRun)
    .option('--fresh', 'forget earlier runs of the job')
    .option('--keep', 'keep results that came from older code')
    .option(
      '--redo <stage>',
      'run a stage again, and what follows it where its results change; may be repeated',
      collect,
    )
    .option('--explain', 'say what would run again and why, and run nothing')
    .option('--json', 'one JSON object at the end')
    .option('--events', 'one JSON object per event as it happens')
    .option('--quiet', 'nothing but errors')
    .allowExcessArguments()
    .action((path: string | undefined, flags: RunFlags, { args }: Command) =>
      exitWith(async () => {
        refuseMoreJobs(args)
        return runJob(await jobFrom(path, flags), flags)
      }),
    )
}

/** Most often a pattern that the shell expanded. */
function refuseMoreJobs(args: readonly string[]): void {
  if (args.length <= 1) return
  const found = args.slice(0, 3).join(' ') + (args.length > 3 ? ' ...' : '')
  throw new InputError(
    `run: found ${formatCount(args.length)} jobs: ${found}; expected one. Items go to --input, a pattern in quotes: dray run --input 'scans/*.png'`,
  )
}

/** Runs a job to its end on this box, showing how it goes. Answers the exit code. */
export async function runJob(job: Job, flags: RunFlags): Promise<number> {
  refuseTwoFormats(flags)
  refuseOpen(job)
  const machines = await machinesFrom(flags.machines)
  try {
    refuseNeverHere(job, machines)
  } catch (error) {
    if (flags.json === true && error instanceof NeverHere)
      printJson(neverBegun(job, machines, error))
    throw error
  }
  const host = await openHost({ dir: directoryFrom(flags.dir), machines, onRequest: answerRequest })
  try {
    const options = { ...flags, ...(job.input.kind === 'stdin' ? { stdin: process.stdin } : {}) }
    if (flags.explain === true) return await explain(host, job, options)
    const submitted = await submitJob(host, job, options)
    return await follow(host, job, submitted, flags)
  } finally {
    await host.close()
  }
}

type FormatFlags = Pick<RunFlags, 'json' | 'events' | 'quiet' | 'explain'>

/** Options that each decide what stdout carries exclude each other: a program reads one format. */
export function refuseTwoFormats(flags: FormatFlags): void {
  for (const [one, other, why] of contradictions) {
    if (flags[one] === true && flags[other] === true)
      throw new InputError(`--${one} with --${other}: expected one of them; ${why}`)
  }
}

const contradictions: readonly (readonly [keyof FormatFlags, keyof FormatFlags, string])[] = [
  ['json', 'events', '--events ends with the state too'],
  ['quiet', 'events', 'with --quiet no event would be told'],
  ['explain', 'events', 'nothing runs, so nothing happens'],
  ['explain', 'quiet', 'what it says is all that --explain does'],
]

/** Nobody could push to this run, and it would wait for ever. */
function refuseOpen({ name, input }: Job): void {
  if (input.kind !== 'open') return
  throw new InputError(
    `${name}: input { open: true } takes what a program pushes: const stream = await dray.stream(job) of the library; expected another input here, such as --input rows.jsonl`,
  )
}

/** Shows a run until it ends or is interrupted, and how it came out. Answers the exit code. */
export async function follow(
  host: Host,
  job: Job,
  submitted: Submitted,
  flags: RunFlags,
): Promise<number> {
  goOnUnread()
  const progress = progressFor(host, job, submitted, flags)
  const stops = stopSignals(host, submitted.run, progress.note)
  try {
    const outcome = await Promise.race([host.ended(submitted.run), stops.drained])
    const run = host.runNamed(submitted.run)
    if (run === undefined) throw new Error(`run ${submitted.run} has vanished`)
    const interrupted = outcome === 'interrupted' && run.state !== 'done' && run.state !== 'failed'
    progress.end(interrupted)
    const summary: Summary = {
      ...summarise(host.state, run, host.written(submitted.run)),
      ...(interrupted ? { state: 'interrupted' } : {}),
    }
    const code = codeOf(summary, host, run)
    if (flags.answersOnStdout === true && !interrupted)
      await printAnswers(host, submitted.run, code)
    say(summary, host, job, submitted, flags)
    const isReported = flags.json !== true && flags.events !== true && flags.quiet !== true
    if (summary.state !== 'done' && !interrupted && !isReported)
      tell(`dray: ${failureInWords(summary)}`)
    return code
  } finally {
    stops.off()
  }
}

function codeOf({ state }: Summary, host: Host, run: Run): number {
  if (state === 'interrupted') return exitCode.interrupted
  if (state === 'done') return exitCode.done
  return isAboutInput(host, run) ? exitCode.badInput : exitCode.failed
}

/** Whole, or of an interrupted run not at all: what is piped on must not pass for all there is. */
async function printAnswers(host: Host, run: string, code: number): Promise<void> {
  const { state, store } = host
  const view = { state, store, payloads: undefined, owned: true }
  endUnreadWith(code)
  await printResults(question => answerQuestion(view, question), { op: 'results', run })
}

/** Items that failed are the run's result; an input, a module or an output that is not there is the user's. */
function isAboutInput(host: Host, run: Run): boolean {
  return isUnusable(run) || host.unwritten(run.definition.name) !== undefined
}

/** One line for those who asked for no report. */
function failureInWords({ run, state, items, problem }: Summary): string {
  if (problem !== undefined) return `${run} ${state}: ${problem}`
  const next = state === 'failed' ? `; dray why ${run}` : ''
  return `${run} ${state}: ${formatCount(items.failed)} of ${plural(items.total, 'item')} failed${next}`
}

function say(summary: Summary, host: Host, job: Job, submitted: Submitted, flags: RunFlags): void {
  if (flags.json === true) printJson(documented(summary))
  else if (flags.quiet !== true && flags.events !== true) {
    const report = endReport(summary, host, job, submitted)
    flags.answersOnStdout === true ? tell(report) : print(report)
  }
}
