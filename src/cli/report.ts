import type { Command } from 'commander'
import { readDirectory } from '../adapter/sqlite/directory.ts'
import { dueInWords } from '../api/summary.ts'
import type { RunningNow, Status } from '../api/questions.ts'
import type { RunWhy } from '../api/why/why-run.ts'
import { failureIn, type Store } from '../port/store.ts'
import { chartOfHistory } from '../report/run-blocks.ts'
import type { RunReport, StageCounts } from '../report/run-html.ts'
import { runVerdict } from '../report/run-verdict.ts'
import { inquiry } from './ask.ts'
import { writePage } from './page.ts'
import { exitCode, exitWith } from './exit.ts'
import { print, printJson } from './print.ts'
import { directoryFrom } from './directory.ts'
import { rangeInWords } from './time-left.ts'
import { dirOfRuns, runArgument } from './options.ts'

type ReportFlags = { readonly html: string; readonly dir?: string; readonly json?: boolean }

export function registerReport(program: Command): void {
  program
    .command('report')
    .argument(...runArgument)
    .option('--html <file>', 'where to write it', 'report.html')
    .option(...dirOfRuns)
    .option('--json', 'one JSON object about what was written')
    .action((run: string | undefined, flags: ReportFlags) => exitWith(() => runReport(run, flags)))
}

async function runReport(name: string | undefined, flags: ReportFlags): Promise<number> {
  const dir = directoryFrom(flags.dir)
  const asked = inquiry(dir)
  let report: RunReport
  let items: Status['items']
  try {
    const summary = await asked.ask({ op: 'status', run: name })
    const why = await asked.ask({ op: 'why', run: summary.run })
    const live = await asked.ask({ op: 'running', run: summary.run })
    const { store, close } = readDirectory(dir)
    try {
      items = summary.items
      report = reportOf(summary, why, live, store)
    } finally {
      close()
    }
  } finally {
    asked.close()
  }
  // The drawing library is loaded by who draws.
  const { runHtml } = await import('../report/run-html.ts')
  await writePage(flags.html, runHtml(report))
  const said = `${report.run} (${report.job}): ${runVerdict(report)}\nwrote ${flags.html}`
  if (flags.json === true) printJson(asJson(report, items, flags.html))
  else print(said)
  return exitCode.done
}

/** `items` as `status` and `run` count them; an item that is tried again and again has many attempts. */
function asJson(report: RunReport, items: Status['items'], html: string) {
  const { run, job, state, attempts, seconds, lowerBound, utilisation, errorRate } = report
  const { stages, chart } = report
  const { retried: retriedAttempts, failed: failedAttempts, running } = chart
  const undrawn = attempts - chart.attempts
  const { inWords: _inWords, ...due } = report.due ?? {}
  return {
    ...{ run, job, state, items, attempts, undrawn, retriedAttempts, failedAttempts, running },
    seconds,
    ...{ lowerBound, utilisation, errorRate, stages, html },
    ...(report.due && { due }),
    ...(report.givenUp && { givenUp: report.givenUp }),
  }
}

function reportOf(summary: Status, why: RunWhy, live: RunningNow, store: Store): RunReport {
  const { run, job, state, lowerBound, utilisation, errorRate, retries } = summary
  const stages = summary.stages.map((stage): StageCounts => {
    const { name, complete, done, failed, skipped, stopped, cancelled, busySeconds } = stage
    const running = why.stages.find(at => at.stage === name)?.running ?? 0
    const ended = done + failed + skipped + stopped + cancelled
    const waiting = Math.max(0, stage.total - ended - running)
    return {
      name,
      complete,
      waiting,
      running,
      done,
      failed,
      skipped,
      stopped,
      cancelled,
      busySeconds,
    }
  })
  const isOpen = (stage: string, index: number): boolean =>
    store.result(run, stage, index)?.state !== 'failed'
  // What runs has no result yet.
  const keysNow = new Map(live.tasks.map(({ stage, index, key }) => [`${stage}[${index}]`, key]))
  const keyOf = (stage: string, index: number) =>
    keysNow.get(`${stage}[${index}]`) ?? store.result(run, stage, index)?.key
  const chart = chartOfHistory(store.history(run), { ...live, isOpen, keyOf })
  // A run at work goes on between the two looks.
  const attempts = Math.max(summary.attempts, chart.attempts)
  // What is running has no end yet, and counts to now.
  const seconds = Math.max(summary.makespan, chart.seconds)
  const failures = summary.stages.flatMap(({ name }) => failuresOf(store, run, name))
  return {
    ...{ run, job, state, lowerBound, utilisation, errorRate, retries, attempts },
    ...{ seconds, stages, chart, failures: failures.slice(0, mostFailures) },
    ...{ begun: live.begun, drawn: live.now, problem: summary.problem },
    ...(summary.givenUp && { givenUp: summary.givenUp }),
    left: summary.timeLeft && rangeInWords(summary.timeLeft),
    ...(summary.due && { due: { ...summary.due, inWords: dueInWords(summary.due) } }),
  }
}

const mostFailures = 100

function failuresOf(store: Store, run: string, stage: string) {
  const found: { stage: string; key: string; reason: string }[] = []
  for (const failed of store.results(run, stage, { states: ['failed'] })) {
    const { kind, message } = failureIn(failed)
    found.push({ stage, key: failed.key, reason: `${kind}: ${message}` })
    if (found.length >= mostFailures) break
  }
  return found
}
