import type { Command } from 'commander'
import { cleanRuns, type Cleaned, type Cleaning } from '../api/clean.ts'
import { openHost } from '../api/host.ts'
import { answerRequest } from '../api/requests.ts'
import { InputError } from '../model/input-error.ts'
import { JournalError } from '../port/journal-error.ts'
import { formatCount, parseDuration, plural } from '../std/units.ts'
import { askLiving, requireDirectory } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { print, printJson } from './print.ts'
import { dirOfRuns } from './options.ts'

type Flags = { readonly dir?: string; readonly json?: boolean; readonly older?: string }

export function registerClean(program: Command): void {
  program
    .command('clean')
    .argument('[run]', 'a run to remove')
    .option('--older <time>', 'runs that ended longer ago than this: 30d, 12h')
    .option(...dirOfRuns)
    .option('--json', 'one JSON object')
    .action((run: string | undefined, flags: Flags) => exitWith(() => clean(run, flags)))
}

async function clean(run: string | undefined, flags: Flags): Promise<number> {
  if ((run === undefined) === (flags.older === undefined))
    throw new InputError(
      `clean: expected a run, or --older 30d${run === undefined ? '' : ', not both'}`,
    )
  const age = flags.older === undefined ? undefined : parseDuration(flags.older)
  if (flags.older !== undefined && age === undefined)
    throw new InputError(`--older ${flags.older}: expected a time such as 30d or 12h`)
  const dir = directoryFrom(flags.dir)
  requireDirectory(dir)
  const { removed, savedAnswers } = await remove(
    dir,
    run === undefined ? { olderThan: age ?? 0 } : { run },
  )
  if (flags.json === true) printJson({ removed, ...(savedAnswers > 0 && { savedAnswers }) })
  else print(inWords({ removed, savedAnswers }))
  return exitCode.done
}

function inWords({ removed, savedAnswers }: Cleaned): string {
  const runs = removed.length > 0 && `${plural(removed.length, 'run')}: ${namesInWords(removed)}`
  const answers =
    savedAnswers > 0 && `${plural(savedAnswers, 'answer')} that killed slots had saved`
  const parts = [runs, answers].filter(part => part !== false)
  return parts.length === 0 ? 'nothing to remove' : `removed ${parts.join(', and ')}`
}

/** Asks the owner; where none lives the directory is claimed for as long as it takes. */
async function remove(dir: string, cleaning: Cleaning): Promise<Cleaned> {
  const answered = await askLiving(dir, { op: 'clean', ...cleaning })
  if (answered !== undefined) return answered as Cleaned
  try {
    const host = await openHost({ dir, machines: [], onRequest: answerRequest })
    try {
      return await cleanRuns(host, cleaning)
    } finally {
      await host.close()
    }
  } catch (error) {
    throw isFull(error) ? new InputError(`${(error as Error).message} ${roomFirst}`) : error
  }
}

const isFull = (error: unknown): boolean => error instanceof JournalError && error.kind === 'full'

/** What is removed is written to a log before it is: SQLite cannot do it in no room at all. */
const roomFirst =
  'To remove runs takes a little room itself: delete or move another file of this disk, 1 MB is mostly enough.'

/** The names of removed runs; where there are many, the first ones and how many more. */
function namesInWords(names: readonly string[]): string {
  const more = names.length - mostNames
  return more > 0
    ? `${names.slice(0, mostNames).join(', ')} and ${formatCount(more)} more`
    : names.join(', ')
}

const mostNames = 8
