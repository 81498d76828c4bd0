import type { Command } from 'commander'
import { outColours as pc } from './colour.ts'
import type { Status } from '../api/questions.ts'
import { strategyInWords } from '../api/beside/strategy-note.ts'
import { dueInWords, windowInWords } from '../api/summary.ts'
import { countOf, formatCount, plural } from '../std/units.ts'
import { ask } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { inSeconds } from './json-times.ts'
import { leftInWords, tookInWords } from './time-left.ts'
import { coloured, countedRetries, modelsInWords, percent, printJson, table } from './print.ts'
import { printProse } from './terminal.ts'
import { dirOfRuns, runArgument } from './options.ts'

export function registerStatus(program: Command): void {
  program
    .command('status')
    .argument(...runArgument)
    .option(...dirOfRuns)
    .option('--json', 'one JSON object: that of run --json, with stages, models held and time left')
    .action((run: string | undefined, flags: { dir?: string; json?: boolean }) =>
      exitWith(() => status(run, flags)),
    )
}

async function status(
  run: string | undefined,
  flags: { dir?: string; json?: boolean },
): Promise<number> {
  const summary = await ask(directoryFrom(flags.dir), { op: 'status', run })
  if (flags.json === true) printJson(asJson(summary))
  else printProse(statusLines(summary))
  return exitCode.done
}

const asJson = ({ timeLeft, ...status }: Status) => ({
  ...status,
  ...(timeLeft && { timeLeft: inSeconds(timeLeft) }),
})

export function statusLines(summary: Status): string[] {
  const head = `${pc.bold(summary.run)}  ${summary.job}  ${coloured(summary.state)}`
  const stages = summary.stages.map(stage => [
    `  ${stage.name}`,
    stage.complete || stage.total > 0
      ? countOf(stage.done + stage.stopped, stage.total, { isAll: stage.complete })
      : 'not begun',
    stage.complete && stage.total > 0 ? percent((stage.done + stage.stopped) / stage.total) : '',
    stage.failed > 0 ? pc.red(`${formatCount(stage.failed)} failed`) : '',
    stage.skipped > 0 ? pc.yellow(`${formatCount(stage.skipped)} skipped`) : '',
    stage.cancelled > 0 ? pc.yellow(`${formatCount(stage.cancelled)} cancelled`) : '',
  ])
  return [
    head,
    ...table(stages),
    ...summary.machines.flatMap(({ id, loaded, loading }) => [
      ...(loading.length > 0 ? [`  ${id} loads ${modelsInWords(loading)}`] : []),
      ...(loaded.length > 0 ? [`  ${id} holds ${modelsInWords(loaded)}`] : []),
    ]),
    `  ${tookInWords(summary)}, ${plural(summary.attempts, 'attempt')}, ${countedRetries(summary.retries)}`,
    ...(summary.timeLeft === undefined ? [] : [`  ${leftInWords(summary.timeLeft)}`]),
    ...(summary.due === undefined ? [] : [`  ${dueInWords(summary.due)}`]),
    ...(summary.strategy === undefined ? [] : [`  ${strategyInWords(summary.strategy)}`]),
    ...(summary.window === undefined ? [] : [`  ${windowInWords(summary.window)}`]),
    ...(summary.problem === undefined ? [] : [`  ${pc.red(summary.problem)}`]),
  ]
}
