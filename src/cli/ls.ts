import type { Command } from 'commander'
import { outColours as pc } from './colour.ts'
import type { RunRow } from '../api/view.ts'
import { ask } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { isoInstant } from './json-times.ts'
import { countOf, formatCount } from '../std/units.ts'
import { ago, coloured, print, printJson, table } from './print.ts'
import { printProse } from './terminal.ts'
import { dirOfRuns } from './options.ts'

export function registerLs(program: Command): void {
  program
    .command('ls')
    .option(...dirOfRuns)
    .option('--json', 'one JSON array')
    .action((flags: { dir?: string; json?: boolean }) => exitWith(() => list(flags)))
}

async function list(flags: { dir?: string; json?: boolean }): Promise<number> {
  const runs = await ask(directoryFrom(flags.dir), { op: 'runs' })
  if (flags.json === true) printJson(runs.map(asJson))
  else if (runs.length === 0) print('no runs here yet; dray run begins one')
  else printProse(table([header, ...runs.map(rowOf)]))
  return exitCode.done
}

const asJson = ({ createdAt, endedAt, ...row }: RunRow) => ({
  ...row,
  createdAt: isoInstant(createdAt),
  ...(endedAt !== undefined && { endedAt: isoInstant(endedAt) }),
})

const header = ['RUN', 'JOB', 'STATE', 'ITEMS', 'BEGAN'].map(title => pc.dim(title))

function rowOf(row: RunRow): string[] {
  const { done, failed, total, complete } = row.items
  const items =
    countOf(done, total, { isAll: complete }) +
    (failed > 0 ? pc.red(`, ${formatCount(failed)} failed`) : '')
  return [row.run, row.job, coloured(row.state), items, ago(row.createdAt)]
}
