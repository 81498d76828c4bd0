import type { Command } from 'commander'
import { jsonLine } from '../adapter/output/jsonl.ts'
import type { Question, ResultPage } from '../api/questions.ts'
import { inquiry } from './ask.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { printText, tell } from './print.ts'
import { dirOfRuns, runArgument } from './options.ts'

type Flags = { readonly dir?: string; readonly stage?: string; readonly failed?: boolean }

export function registerResults(program: Command): void {
  program
    .command('results')
    .argument(...runArgument)
    .option('--stage <stage>', 'of one stage; the last by default')
    .option('--failed', 'failed items only, of every stage unless one is named')
    .option(...dirOfRuns)
    .option('--json', 'accepted for symmetry: the lines are JSON already')
    .action((run: string | undefined, flags: Flags) => exitWith(() => results(run, flags)))
}

async function results(run: string | undefined, flags: Flags): Promise<number> {
  const asked = inquiry(directoryFrom(flags.dir))
  try {
    const { run: name, stages } = await asked.ask({ op: 'status', run })
    const { failed, stage } = flags
    // Failures are mostly of an earlier stage than the last, whose items they leave skipped.
    const wanted =
      failed === true && stage === undefined
        ? stages
        : [{ name: stage ?? stages[stages.length - 1].name }]
    let said = 0
    for (const each of wanted)
      said += await printResults(asked.ask, { op: 'results', run: name, stage: each.name, failed })
    if (said === 0) tell(`${name}: ${noneInWords(flags, wanted[0].name)}`)
    return exitCode.done
  } finally {
    asked.close()
  }
}

function noneInWords({ failed, stage }: Flags, wanted: string): string {
  if (failed === true) return stage === undefined ? 'nothing failed' : `nothing of ${stage} failed`
  return `no item of ${wanted} has ended`
}

/** Answers how many lines there were. */
export async function printResults(
  ask: (question: Question & { op: 'results' }) => Promise<unknown>,
  question: Question & { op: 'results' },
): Promise<number> {
  let from: number | undefined = 0
  let { run } = question
  let said = 0
  while (from !== undefined) {
    const page = (await ask({ ...question, run, from })) as ResultPage
    run = page.run
    await printText(page.results.map(jsonLine).join(''))
    said += page.results.length
    from = page.next
  }
  return said
}
