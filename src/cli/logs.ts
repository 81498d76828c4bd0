import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { outColours as pc } from './colour.ts'
import type { LogPage } from '../api/questions.ts'
import { inquiry } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { isoInstant } from './json-times.ts'
import { keyInLine } from '../std/columns.ts'
import { print, printJson, printText, tell } from './print.ts'
import { dirOfRuns, itemArgument, runArgument, stageOption } from './options.ts'

type Flags = {
  readonly dir?: string
  readonly json?: boolean
  readonly stage?: string
  readonly follow?: boolean
}

export function registerLogs(program: Command): void {
  program
    .command('logs')
    .argument(...runArgument)
    .argument(...itemArgument)
    .option('-f, --follow', 'wait for more until the run ends')
    .option(...stageOption)
    .option(...dirOfRuns)
    .option('--json', 'a JSON object a line')
    .action((run: string | undefined, item: string | undefined, flags: Flags) =>
      exitWith(() => logs(run, item, flags)),
    )
}

async function logs(
  run: string | undefined,
  item: string | undefined,
  flags: Flags,
): Promise<number> {
  const asked = inquiry(directoryFrom(flags.dir))
  let after = 0
  let said = 0
  for (let name = run; ; ) {
    const page = await asked.ask({ op: 'logs', after, run: name, item, stage: flags.stage })
    name = page.run
    said += page.lines.length
    for (const line of page.lines)
      flags.json === true ? printJson({ ...line, at: isoInstant(line.at) }) : print(lineOf(line))
    await printText('')
    after = page.lines.at(-1)?.id ?? after
    if (page.more) continue
    asked.close()
    if (flags.follow !== true || !page.live) {
      if (said === 0) tell(`${name}: nothing was printed or logged${elsewhere(page, item)}`)
      if (flags.follow !== true || !page.interrupted) return exitCode.done
      tell(`${name}: interrupted: nobody works on it now; run its job again and it goes on`)
      return exitCode.interrupted
    }
    await pause(followMillis)
  }
}

const followMillis = 500

function elsewhere({ previous }: LogPage, item = ''): string {
  if (previous === undefined) return ''
  const words = item === '' ? '' : ` ${item}`
  return `; it continues ${previous}: dray logs ${previous}${words}`
}

function lineOf(line: LogPage['lines'][number]): string {
  const at = isoInstant(line.at).slice(11, 23)
  const where = `${line.stage}[${keyInLine(String(line.key ?? line.index))}]`
  const text = line.stream === 'stderr' ? pc.yellow(line.text) : line.text
  return `${pc.dim(`${at} ${where}`)} ${text.replace(/\n$/, '')}`
}
