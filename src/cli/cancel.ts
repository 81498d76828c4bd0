import type { Command } from 'commander'
import { openHost } from '../api/host.ts'
import { cancelRun } from '../api/reopen.ts'
import { answerRequest } from '../api/requests.ts'
import { findRun } from '../api/view.ts'
import { askLiving, requireDirectory } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { print, printJson } from './print.ts'
import { dirOfRuns } from './options.ts'

type Flags = { readonly dir?: string; readonly json?: boolean }
type Cancelled = { readonly run: string; readonly state: string; readonly cancelled: boolean }

export function registerCancel(program: Command): void {
  program
    .command('cancel')
    .argument('<run>', 'a run, or a job for its newest run')
    .option(...dirOfRuns)
    .option('--json', 'one JSON object')
    .action((run: string, flags: Flags) => exitWith(() => cancel(run, flags)))
}

async function cancel(run: string, flags: Flags): Promise<number> {
  const dir = directoryFrom(flags.dir)
  requireDirectory(dir)
  const answer = ((await askLiving(dir, { op: 'cancel', run })) ??
    (await cancelOwnerless(dir, run))) as Cancelled
  if (flags.json === true) printJson(answer)
  else if (answer.cancelled) print(`${answer.run} is cancelled; what is done stays`)
  else print(`${answer.run} ${ending[answer.state] ?? `has ended already: ${answer.state}`}`)
  return exitCode.done
}

const ending: Readonly<Record<string, string | undefined>> = {
  finishing: 'has ended already: its outputs are being written',
  stopping: 'is failing already, what still ran of it is stopped: dray why says what for',
}

/** Nobody works on the run: claim the directory for as long as ending it takes. */
async function cancelOwnerless(dir: string, name: string): Promise<Cancelled> {
  const host = await openHost({ dir, machines: [], onRequest: answerRequest })
  try {
    const { state, store } = host
    const record = findRun({ state, store, payloads: undefined, owned: true }, name)
    const answer = await cancelRun(host, record)
    if (answer.cancelled) await host.ended(record.name)
    return answer
  } finally {
    await host.close()
  }
}
