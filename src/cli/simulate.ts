import type { Command } from 'commander'
import type { Problem } from '../model/problem.ts'
import { InputError } from '../model/input-error.ts'
import { prepare, type Prepared, type RunOutcome, runPrepared } from '../choose/run-strategy.ts'
import { ganttText } from '../report/gantt-text.ts'
import { assignmentsOf, formatGap, formatNumber, formatTime } from '../report/plan-view.ts'
import { exitCode, exitWith } from './exit.ts'
import { faultsFrom } from './fault-flag.ts'
import { refusalsAreInput, withSolver } from './plan.ts'
import { readInput } from './problem-input.ts'
import { numberFrom, orderFrom, spendingFrom, strategyFrom, wholeFrom } from './strategy-flags.ts'

type SimulateFlags = {
  readonly strategy: string
  readonly order?: string
  readonly noise: string
  readonly faults?: string
  readonly seed: string
  readonly timeLimit?: string
  readonly steps?: string
  readonly machines?: string
  readonly json?: boolean
}

export function registerSimulate(program: Command): void {
  program
    .command('simulate')
    .argument('<input>', 'a matrix (.csv), a problem or a WfFormat instance (.json)')
    .description('run a problem with the real core in virtual time')
    .option(
      '--strategy <name>',
      'any strategy: online ones choose, planned ones are followed',
      'auto',
    )
    .option('--order <name>', 'which ready task first: fifo, spt, lpt, edd, priority')
    .option('--noise <share>', 'coefficient of variation of the durations, such as 0.2', '0')
    .option(
      '--faults <spec>',
      '5%, or failing=5%,losses=100,away=10,attempts=3 (times in the unit)',
    )
    .option('--seed <n>', 'of the noise, the faults and the strategy', '1')
    .option('--time-limit <duration>', 'for strategies that search, before the run')
    .option('--steps <n>', 'the same, counted: repeats byte for byte')
    .option('--machines <file>', 'machines and network for a WfFormat instance')
    .option('--json', 'one JSON object')
    .action((input: string, flags: SimulateFlags) => exitWith(() => runSimulate(input, flags)))
}

async function runSimulate(input: string, flags: SimulateFlags): Promise<number> {
  const strategy = strategyFrom(flags.strategy)
  const order = flags.order === undefined ? undefined : orderFrom(flags.order)
  const spending = spendingFrom(flags, 2_000)
  const seed = wholeFrom('--seed', flags.seed, 0)
  const noise = numberFrom('--noise', flags.noise)
  const faults = faultsFrom(flags.faults)
  const read = readInput(input, flags.machines)
  if (read.kind === 'job') {
    throw new InputError(`${input}: a job file; simulate takes a problem (.csv, .json)`)
  }
  const { problem } = read
  const conditions = { noise, seed, ...(faults && { faults }) }
  const prepared = await withSolver(solver =>
    refusalsAreInput(input, () =>
      prepare(problem, {
        strategy,
        objective: 'makespan',
        spending,
        solver,
        ...conditions,
        ...(order && { order }),
      }),
    ),
  )
  const began = performance.now()
  const outcome = runPrepared(problem, prepared, conditions)
  const seconds = flags.steps === undefined ? (performance.now() - began) / 1000 : 0
  const row = simulatedRow(strategy.name, seed, { prepared, outcome, seconds })
  if (flags.json === true) {
    process.stdout.write(
      `${JSON.stringify({ ...row, assignments: assignmentsOf(problem, outcome) })}\n`,
    )
  } else process.stdout.write(simulatedText(problem, row, outcome))
  return exitCode.done
}

/** The object of `plan`, and the measures of the run. Rates are per wall-clock second of simulation. */
export function simulatedRow(
  strategy: string,
  seed: number,
  { prepared, outcome, seconds }: { prepared: Prepared; outcome: RunOutcome; seconds: number },
) {
  const { makespan, lowerBound, gap, optimal, schedule: _, ...measures } = outcome
  const total = prepared.seconds + seconds
  return {
    strategy,
    seed,
    makespan,
    lowerBound,
    gap: Number.isFinite(gap) ? gap : null,
    optimal,
    seconds: Math.round(total * 1e6) / 1e6,
    ...measures,
    completionsPerSecond: seconds > 0 ? Math.round(outcome.completions / seconds) : 0,
    ...(prepared.why && { why: prepared.why }),
  }
}

function simulatedText(
  problem: Problem,
  row: ReturnType<typeof simulatedRow>,
  outcome: RunOutcome,
): string {
  const width = Math.min(160, Math.max(40, process.stdout.columns ?? 100))
  const time = (value: number) => formatTime(value, problem.unit)
  const lines = [
    `${problem.name}, simulated: ${row.strategy}`,
    `makespan ${time(row.makespan)}, ${formatGap(outcome.gap)} above the bound in hindsight (${time(row.lowerBound)})`,
    `flow time ${time(row.meanFlowTime)} on average, ${time(row.p95FlowTime)} at the 95th percentile`,
    `utilisation ${formatNumber(row.utilisation * 100)} %, errors ${formatNumber(row.errorRate * 100)} %, mean tardiness ${time(row.meanTardiness)}, ${row.attempts} attempts, ${row.retries} retries`,
    ...(row.why ? [row.why] : []),
    '',
    ganttText(problem, outcome.schedule, { width, colour: process.stdout.isTTY === true }),
  ]
  return `${lines.join('\n')}\n`
}
