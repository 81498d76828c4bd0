import { keyInLine } from '../std/columns.ts'
import { plural } from '../std/units.ts'
import type { Command } from 'commander'
import { outColours as pc } from './colour.ts'
import type { WhyItem } from '../api/questions.ts'
import type { Instants } from '../api/why/foretold.ts'
import type { ItemWhy } from '../api/why/why-item.ts'
import { strategyInWords } from '../api/beside/strategy-note.ts'
import { itemsInWords, type RunWhy, type StageWhy } from '../api/why/why-run.ts'
import type { Failure } from '../model/failure.ts'
import { ask } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { inSeconds, withIsoForecasts } from './json-times.ts'
import { coloured, printJson } from './print.ts'
import { printProse } from './terminal.ts'
import { leftInWords, rangeInWords } from './time-left.ts'
import { dirOfRuns, itemArgument, runArgument, stageOption } from './options.ts'

type Flags = { readonly dir?: string; readonly json?: boolean; readonly stage?: string }

export function registerWhy(program: Command): void {
  program
    .command('why')
    .argument(...runArgument)
    .argument(...itemArgument)
    .option(...stageOption)
    .option(...dirOfRuns)
    .option('--json', 'one JSON object')
    .action((run: string | undefined, item: string | undefined, flags: Flags) =>
      exitWith(() => why(run, item, flags)),
    )
}

async function why(
  run: string | undefined,
  item: string | undefined,
  flags: Flags,
): Promise<number> {
  const dir = directoryFrom(flags.dir)
  const { stage } = flags
  if (item === undefined) show(await ask(dir, { op: 'why', run, stage }), flags, runLines, runJson)
  else show(await ask(dir, { op: 'whyItem', run, item, stage }), flags, itemLines, itemJson)
  return exitCode.done
}

function show<Answer>(
  answer: Answer,
  { json }: Flags,
  inWords: (answer: Answer) => string[],
  asJson: (answer: Answer) => unknown,
): void {
  if (json === true) printJson(asJson(answer))
  else printProse(inWords(answer))
}

const itemJson = ({ stages, ...answer }: WhyItem) => ({
  ...answer,
  stages: stages.map(withIsoForecasts),
})

const runJson = ({ timeLeft, stages, ...answer }: RunWhy) => ({
  ...answer,
  ...(timeLeft && { timeLeft: inSeconds(timeLeft) }),
  stages: stages.map(({ slow, ...stage }) => ({ ...stage, slow: slow.map(withIsoForecasts) })),
})

function itemLines(answer: WhyItem): string[] {
  const head = `${pc.bold(keyInLine(answer.item))} of ${answer.run} (${answer.job})`
  return [head, ...answer.stages.flatMap(at => whyLines(at, at.stage))]
}

function whyLines(at: ItemWhy, name: string): string[] {
  const refusals = (at.refusals ?? []).map(
    ({ machine, reason, helps }) => `    ${machine}: ${reason}${helped(helps)}`,
  )
  return [
    `  ${name}: ${coloured(at.state)}: ${at.reason}`,
    ...(at.earlier === undefined ? [] : [`    ${at.earlier}`]),
    ...refusals,
    ...(at.forecastStart === undefined ? [] : [`    likely to start ${soon(at.forecastStart)}`]),
    ...(at.forecastEnd === undefined ? [] : [`    likely to end ${soon(at.forecastEnd)}`]),
    ...(at.failure?.detail === undefined ? [] : [pc.dim(indent(withoutFirst(at.failure)))]),
    ...(at.helps === undefined ? [] : [`    what would help: ${at.helps}`]),
  ]
}

/** `in 12 s (9 s to 16 s)`. */
function soon({ low, expected, high }: Instants): string {
  const now = Date.now() * 1_000
  return `in ${rangeInWords({ low: low - now, expected: expected - now, high: high - now })}`
}

function runLines(answer: RunWhy): string[] {
  return [
    `${pc.bold(answer.run)}  ${answer.job}  ${coloured(answer.state)}: ${answer.reason}`,
    ...(answer.timeLeft === undefined ? [] : [`  ${leftInWords(answer.timeLeft)}`]),
    ...(answer.strategy === undefined ? [] : [`  ${strategyInWords(answer.strategy)}`]),
    ...answer.stages.filter(hasOpen).flatMap(stageLines),
    ...answer.failures
      .slice(0, 5)
      .flatMap(group => [
        `  ${group.stage}: ${pc.red(group.kind)}: ${group.message}`,
        `    ${itemsInWords(group)}`,
        ...(group.helps === answer.helps ? [] : [`    what would help: ${group.helps}`]),
      ]),
    ...(answer.helps === undefined ? [] : [`  what would help: ${answer.helps}`]),
  ]
}

/** As in logs: `read[page-7]`. */
const itemName = ({ stage, key, index }: ItemWhy): string =>
  `${stage}[${keyInLine(key ?? String(index))}]`

const hasOpen = (stage: StageWhy): boolean =>
  stage.running + stage.ready + stage.assigned + stage.waiting > 0

function stageLines(stage: StageWhy): string[] {
  const parts = [
    `${stage.running} running`,
    stage.ready > 0 ? `${stage.ready} ready` : '',
    stage.assigned > 0 ? `${stage.assigned} assigned` : '',
    stage.waiting > 0 ? `${stage.waiting} backing off or not yet due` : '',
    stage.slow.length > 0 ? pc.yellow(`${plural(stage.slow.length, 'slow task')}`) : '',
  ]
  return [
    `  ${stage.stage}: ${parts.filter(part => part !== '').join(', ')}`,
    ...stage.refusals.map(at => `    ${at.machine}: ${at.reason}${helped(at.helps)}`),
    ...stage.slow.flatMap(at => whyLines(at, itemName(at)).map(line => `  ${line}`)),
  ]
}

const helped = (helps: string | undefined): string => (helps === undefined ? '' : ` (${helps})`)

/** A stack begins with the message, which is already printed. */
const withoutFirst = ({ detail = '', message }: Failure): string => {
  const [first, ...rest] = detail.split('\n')
  return rest.length > 0 && first.includes(message.split('\n')[0]) ? rest.join('\n') : detail
}

const indent = (text: string): string =>
  text
    .split('\n')
    .slice(0, 12)
    .map(line => `    ${line}`)
    .join('\n')
