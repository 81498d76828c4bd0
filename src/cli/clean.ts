import type { Command } from 'commander'
import { openHost } from '../api/host.ts'
import { findRun, listRuns, stateOfRun } from '../api/view.ts'
import { InputError } from '../model/input-error.ts'
import { parseDuration } from '../std/units.ts'
import { requireDirectory } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { plural, print, printJson } from './print.ts'

type Flags = { readonly dir?: string; readonly json?: boolean; readonly older?: string }

export function registerClean(program: Command): void {
  program
    .command('clean')
    .argument('[run]', 'a run to remove')
    .description('remove runs that have ended: results, logs and history; output files stay')
    .option('--older <time>', 'runs that ended longer ago than this: 30d, 12h')
    .option('--dir <dir>', 'where runs live; .dray here by default')
    .option('--json', 'one JSON object')
    .action((run: string | undefined, flags: Flags) => exitWith(() => clean(run, flags)))
}

async function clean(run: string | undefined, flags: Flags): Promise<number> {
  if ((run === undefined) === (flags.older === undefined))
    throw new InputError('clean: expected a run, or --older 30d')
  const age = flags.older === undefined ? undefined : parseDuration(flags.older)
  if (flags.older !== undefined && age === undefined)
    throw new InputError(`--older ${flags.older}: expected a time such as 30d or 12h`)
  const dir = directoryFrom(flags.dir)
  requireDirectory(dir)
  const removed = await remove(dir, run, age)
  if (flags.json === true) printJson({ removed })
  else
    print(
      removed.length === 0
        ? 'nothing to remove'
        : `removed ${plural(removed.length, 'run')}: ${removed.join(', ')}`,
    )
  return exitCode.done
}

async function remove(
  dir: string,
  name: string | undefined,
  age: number | undefined,
): Promise<string[]> {
  const host = await openHost({ dir, machines: [] })
  try {
    const view = { state: host.state, store: host.store, payloads: undefined, owned: false }
    // The runs that rest after a dead owner are known as such once the first step is durable.
    await host.commit({ kind: 'resume' })
    const names = age === undefined ? [exactly(view, name ?? '')] : olderThan(view, age)
    for (const each of names) {
      const run = host.runNamed(each)
      if (run !== undefined) await host.commit({ kind: 'forget', run: run.number })
      host.store.removeRun(each)
    }
    return names
  } finally {
    await host.close()
  }
}

/** A job's name would be too easy a way to lose results: only the run's own will do. */
function exactly(view: Parameters<typeof findRun>[0], name: string): string {
  const record = findRun(view, name)
  if (record.name === name) return name
  throw new InputError(`${name} is a job; its newest run is ${record.name}: name that`)
}

function olderThan(view: Parameters<typeof findRun>[0], age: number): string[] {
  const before = Date.now() * 1_000 - age
  const ended = new Set(['done', 'failed', 'cancelled'])
  const states = new Map(view.store.runs().map(record => [record.name, stateOfRun(view, record)]))
  return listRuns(view)
    .filter(row => ended.has(states.get(row.run) ?? '') && (row.endedAt ?? row.createdAt) < before)
    .map(row => row.run)
}
