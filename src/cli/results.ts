import type { Command } from 'commander'
import { jsonLine } from '../adapter/output/jsonl.ts'
import type { Question, ResultPage } from '../api/questions.ts'
import { inquiry } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { printText } from './print.ts'

type Flags = { readonly dir?: string; readonly stage?: string; readonly failed?: boolean }

export function registerResults(program: Command): void {
  program
    .command('results')
    .argument('[run]', 'a run, or a job for its newest run; the newest of all by default')
    .description('what items came to, a JSON line each in input order, as in a jsonl output')
    .option('--stage <stage>', 'of one stage; the last by default')
    .option('--failed', 'failed items only, of every stage unless one is named')
    .option('--dir <dir>', 'where runs live; .dray here by default')
    .option('--json', 'accepted for symmetry: the lines are JSON already')
    .action((run: string | undefined, flags: Flags) => exitWith(() => results(run, flags)))
}

async function results(run: string | undefined, flags: Flags): Promise<number> {
  const asked = inquiry(directoryFrom(flags.dir))
  try {
    if (flags.failed !== true || flags.stage !== undefined) {
      await printResults(asked.ask, {
        op: 'results',
        run,
        stage: flags.stage,
        failed: flags.failed,
      })
      return exitCode.done
    }
    // Failures are mostly of an earlier stage than the last, whose items they leave skipped.
    const { run: name, stages } = await asked.ask({ op: 'status', run })
    for (const { name: stage } of stages)
      await printResults(asked.ask, { op: 'results', run: name, stage, failed: true })
    return exitCode.done
  } finally {
    asked.close()
  }
}

export async function printResults(
  ask: (question: Question & { op: 'results' }) => Promise<unknown>,
  question: Question & { op: 'results' },
): Promise<void> {
  let from: number | undefined = 0
  let { run } = question
  while (from !== undefined) {
    const page = (await ask({ ...question, run, from })) as ResultPage
    run = page.run
    await printText(page.results.map(jsonLine).join(''))
    from = page.next
  }
}
