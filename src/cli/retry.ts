import { formatCount, plural } from '../std/units.ts'
import type { Command } from 'commander'
import { type Host, openHost } from '../api/host.ts'
import { jobOf } from '../api/recorded-job.ts'
import { reopenFailed } from '../api/reopen.ts'
import { answerRequest } from '../api/requests.ts'
import { findRun } from '../api/view.ts'
import { isLive, type Run } from '../core/run.ts'
import { InputError } from '../model/input-error.ts'
import { ask, askLiving, requireDirectory } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { machinesFrom } from './job.ts'
import { print, printJson, table, tell } from './print.ts'
import { follow, refuseTwoFormats, type RunFlags } from './run.ts'
import { dirOfRuns, machinesOption } from './options.ts'

type Flags = Pick<RunFlags, 'dir' | 'machines' | 'explain' | 'json' | 'events' | 'quiet'> & {
  readonly failed?: boolean
}

export function registerRetry(program: Command): void {
  program
    .command('retry')
    .argument('<run>', 'a run, or a job for its newest run')
    .option(
      '--failed',
      'what failed, was skipped or cancelled; required, so that nobody redoes what is done',
    )
    .option(...machinesOption)
    .option(...dirOfRuns)
    .option('--explain', 'say what would run again, and run nothing')
    .option('--json', 'one JSON object at the end')
    .option('--events', 'one JSON object per event as it happens')
    .option('--quiet', 'nothing but errors')
    .action((run: string, flags: Flags) => exitWith(() => retry(run, flags)))
}

async function retry(name: string, flags: Flags): Promise<number> {
  if (flags.failed !== true)
    throw new InputError(
      `retry ${name}: say --failed; finished items run again with dray run JOB --redo STAGE`,
    )
  refuseTwoFormats(flags)
  const dir = directoryFrom(flags.dir)
  requireDirectory(dir)
  if (flags.explain === true) return explainRetry(dir, name, flags)
  const answered = await askLiving(dir, { op: 'retry', run: name })
  if (answered !== undefined) {
    const reopened = answered as Reopened
    if (flags.json === true) printJson(answered)
    else if (reopened.live) tell(`dray: ${inWords(reopened)}`)
    else print(inWords(reopened))
    return reopened.live ? exitCode.badInput : exitCode.done
  }
  return retryHere(dir, name, flags)
}

/** What it would try again, by stage; nothing runs. */
async function explainRetry(dir: string, name: string, { json }: Flags): Promise<number> {
  const { run, job, state, problem, stages: all } = await ask(dir, { op: 'status', run: name })
  const stages = all
    .map(({ name: stage, failed, skipped, cancelled }) => ({ stage, failed, skipped, cancelled }))
    .filter(({ failed, skipped, cancelled }) => failed + skipped + cancelled > 0)
  const items = stages.reduce((sum, at) => sum + at.failed + at.skipped + at.cancelled, 0)
  if (json === true) printJson({ run, job, state, items, stages })
  else {
    print(`${run}: ${wouldInWords(state, items, problem)}`)
    const rows = stages.map(({ stage, ...counts }) => [`  ${stage}`, countsInWords(counts)])
    for (const line of table(rows)) print(line)
  }
  return exitCode.done
}

function wouldInWords(state: string, items: number, problem: string | undefined): string {
  if (state === 'active' || state === 'finishing' || state === 'stopping')
    return 'still at work; retry what failed when it has ended'
  if (state === 'interrupted') return 'was interrupted, and would go on'
  if (items > 0) return `${plural(items, 'item')} would be tried again, and what follows them`
  return problem === undefined
    ? 'nothing failed'
    : `what stopped it would be tried again: ${problem}`
}

const countsInWords = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .flatMap(([what, count]) => (count > 0 ? [`${formatCount(count)} ${what}`] : []))
    .join(', ')

function whyAgain(kind: 'goOn' | 'nothing', items: number, live: boolean): string {
  if (kind === 'nothing') return 'nothing failed'
  if (items > 0) return `${plural(items, 'item')} tried again`
  return live ? 'it was interrupted' : 'what stopped it is tried again'
}

type Reopened = {
  readonly run: string
  readonly items: number
  readonly live: boolean
  /** Its owner has taken it up again. */
  readonly again?: boolean
}

function inWords({ run, items, live, again }: Reopened): string {
  if (live) return `${run}: still at work; retry what failed when it has ended`
  if (items === 0)
    return `${run}: ${again === true ? 'what stopped it is tried again; its owner goes on with it' : 'nothing failed'}`
  return `${run}: ${plural(items, 'item')} open again; its owner runs ${items === 1 ? 'it' : 'them'}`
}

/** Only who pushes to it can end it; here it would wait for ever. */
function refuseOpenStream({ state }: Host, { definition, stages }: Run): void {
  const { definition: head, complete } = state.stages[stages[0]]
  if (complete || head.link.kind !== 'source' || head.link.pushed !== true) return
  throw new InputError(
    `${definition.name} is an open stream; expected the program that pushes to it to go on with it, by dray.stream(job) of the library, and to close it first`,
  )
}

async function retryHere(dir: string, name: string, flags: Flags): Promise<number> {
  const machines = await machinesFrom(flags.machines)
  const host = await openHost({ dir, machines, onRequest: answerRequest })
  try {
    const view = { state: host.state, store: host.store }
    const record = findRun({ ...view, payloads: undefined, owned: true }, name)
    const run = host.runNamed(record.name)
    if (run !== undefined) refuseOpenStream(host, run)
    const { items, live } = await reopenFailed(host, record)
    const kind = run !== undefined && isLive(run) ? 'goOn' : 'nothing'
    const why = whyAgain(kind, items, live)
    const submitted = { run: record.name, plan: { kind, run: record.name, why } } as const
    return await follow(host, jobOf(record), submitted, flags)
  } finally {
    await host.close()
  }
}
