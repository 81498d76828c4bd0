import type { Command } from 'commander'
import { jsonLine } from '../adapter/output/jsonl.ts'
import type { ResultPage } from '../api/requests.ts'
import { ask } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'

type Flags = { readonly dir?: string; readonly stage?: string; readonly failed?: boolean }

export function registerResults(program: Command): void {
  program
    .command('results')
    .argument('[run]', 'a run, or a job for its newest run; the newest of all by default')
    .description('what items came to, a JSON line each in input order, as in a jsonl output')
    .option('--stage <stage>', 'of one stage; the last by default')
    .option('--failed', 'failed items only')
    .option('--dir <dir>', 'where runs live; .dray here by default')
    .option('--json', 'accepted for symmetry: the lines are JSON already')
    .action((run: string | undefined, flags: Flags) => exitWith(() => results(run, flags)))
}

async function results(run: string | undefined, flags: Flags): Promise<number> {
  const dir = directoryFrom(flags.dir)
  let from = 0
  for (let name = run; ; ) {
    const page = await ask<ResultPage>(dir, {
      op: 'results',
      from,
      ...(name === undefined ? {} : { run: name }),
      ...(flags.stage === undefined ? {} : { stage: flags.stage }),
      ...(flags.failed === true ? { failed: true } : {}),
    })
    name = page.run
    process.stdout.write(page.results.map(jsonLine).join(''))
    if (page.next === undefined) return exitCode.done
    from = page.next
  }
}
