import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type CompareOptions, compareStrategies } from '../choose/compare.ts'
import { InputError } from '../model/input-error.ts'
import { compareHtml } from '../report/compare-html.ts'
import { compareRows, compareTable } from '../report/compare-view.ts'
import { exitCode, exitWith } from './exit.ts'
import { faultsFrom } from './fault-flag.ts'
import { withSolver } from './plan.ts'
import { readInput } from './problem-input.ts'
import { numberFrom, orderFrom, spendingFrom, strategiesFrom, wholeFrom } from './strategy-flags.ts'

type CompareFlags = {
  readonly strategies: string
  readonly order?: string
  readonly seeds: string
  readonly seed: string
  readonly noise?: string
  readonly faults?: string
  readonly timeLimit?: string
  readonly steps?: string
  readonly machines?: string
  readonly html?: string
  readonly json?: boolean
}

export function registerCompare(program: Command): void {
  program
    .command('compare')
    .argument('<input>', 'a matrix (.csv), a problem or a WfFormat instance (.json)')
    .description('the same problem under several strategies, with a bound for all of them')
    .option('--strategies <names>', 'names with commas, or all', 'all')
    .option('--order <name>', 'which ready task first, for online strategies')
    .option('--seeds <n>', 'runs with noise under so many seeds, for intervals', '1')
    .option('--seed <n>', 'the first seed', '1')
    .option('--noise <share>', 'coefficient of variation of the durations; 0.2 with --seeds')
    .option(
      '--faults <spec>',
      '5%, or failing=5%,losses=100,away=10,attempts=3 (times in the unit)',
    )
    .option('--time-limit <duration>', 'for each strategy that searches')
    .option('--steps <n>', 'the same, counted: repeats byte for byte')
    .option('--machines <file>', 'machines and network for a WfFormat instance')
    .option('--html <file>', 'a page with the table and every schedule under one time axis')
    .option('--json', 'one JSON object')
    .action((input: string, flags: CompareFlags) => exitWith(() => runCompare(input, flags)))
}

async function runCompare(input: string, flags: CompareFlags): Promise<number> {
  const options = optionsFrom(flags)
  const read = readInput(input, flags.machines)
  if (read.kind === 'job') {
    throw new InputError(
      `${input}: a job file; compare takes a problem, or a finished run with --run`,
    )
  }
  const { problem } = read
  const comparison = await withSolver(solver =>
    compareStrategies(problem, { ...options, solver, onStrategy: progress(flags) }),
  )
  if (flags.html !== undefined) {
    const { noise, seed, seeds } = options
    writePage(flags.html, compareHtml(problem, comparison, { noise, seed, seeds }))
  }
  if (flags.json === true) {
    const { skipped } = comparison
    process.stdout.write(`${JSON.stringify({ results: compareRows(comparison), skipped })}\n`)
  } else process.stdout.write(compareTable(problem, comparison))
  return exitCode.done
}

function optionsFrom(flags: CompareFlags): CompareOptions {
  const seeds = wholeFrom('--seeds', flags.seeds, 1)
  const faults = faultsFrom(flags.faults)
  const noise =
    flags.noise === undefined ? (seeds > 1 ? 0.2 : 0) : numberFrom('--noise', flags.noise)
  return {
    strategies: strategiesFrom(flags.strategies),
    objective: 'makespan',
    seed: wholeFrom('--seed', flags.seed, 0),
    seeds,
    noise,
    spending: spendingFrom(flags, 2_000),
    ...(faults && { faults }),
    ...(flags.order && { order: orderFrom(flags.order) }),
  }
}

/** On a terminal, what is being tried now; a search may take its whole time limit. */
function progress(flags: CompareFlags): (name: string) => void {
  if (flags.json === true || process.stderr.isTTY !== true) return () => undefined
  return name => process.stderr.write(`\r\u001b[K${name} ...\r`)
}

export function writePage(path: string, html: string): void {
  try {
    writeFileSync(path, html)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`--html ${path}: cannot be written: ${reason}`)
  }
}
