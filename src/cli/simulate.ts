import { formatCount, plural } from '../std/units.ts'
import type { Command } from 'commander'
import { hasCosts, type Problem } from '../model/problem.ts'
import { ofEnded } from '../choose/compare.ts'
import { prepare, type Prepared, type RunOutcome, runPrepared } from '../choose/run-strategy.ts'
import { ganttText } from '../report/gantt-text.ts'
import {
  assignmentsOf,
  boundedRow,
  formatGap,
  formatNumber,
  formatTime,
} from '../report/plan-view.ts'
import { exitCode, exitWith } from './exit.ts'
import { countedRetries } from './print.ts'
import { terminal, toTerminal } from './terminal.ts'
import { faultsFrom } from './problem/fault-flag.ts'
import { refusalsAreInput, withSolver } from './plan.ts'
import {
  type ConditionFlags,
  conditionOptions,
  type JobInputFlags,
  jobOptions,
} from './problem/problem-options.ts'
import { aboutJob, jobNotes, requireRoomFor, schedulable } from './problem/schedulable.ts'
import {
  noiseFrom,
  objectiveOption,
  orderHelp,
  spendingFrom,
  strategyFrom,
  wholeFrom,
} from './problem/strategy-flags.ts'

type SimulateFlags = JobInputFlags &
  ConditionFlags & {
    readonly strategy?: string
    readonly order?: string
    readonly objective?: string
    readonly seed: string
    readonly timeLimit?: string
    readonly steps?: string
    readonly json?: boolean
  }

export function registerSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .argument('<input>', 'a matrix (.csv), a problem or WfFormat instance (.json), or a job file')
    .option(
      '--strategy <name>',
      'any strategy: online ones choose, planned ones are followed; auto, or the job’s own',
    )
    .option('--order <name>', orderHelp)
    .option(...objectiveOption)
    .option('--seed <n>', 'of the noise, the faults and the strategy', '1')
    .option('--time-limit <duration>', 'for strategies that search, before the run')
    .option('--steps <n>', 'the same, in steps of some milliseconds each: repeats byte for byte')
    .option('--json', 'one JSON object')
  conditionOptions(command, '0, or what a job’s runs learnt')
  jobOptions(command).action((input: string, flags: SimulateFlags) =>
    exitWith(() => runSimulate(input, flags), { computes: true }),
  )
}

async function runSimulate(input: string, flags: SimulateFlags): Promise<number> {
  if (flags.strategy !== undefined) strategyFrom(flags.strategy)
  const spending = spendingFrom(flags, 2_000)
  const seed = wholeFrom('--seed', flags.seed, 0)
  const faults = faultsFrom(flags.faults)
  const given = flags.noise === undefined ? undefined : noiseFrom(flags.noise)
  const subject = await schedulable(input, flags)
  const { problem, objective, order } = subject
  const strategy = strategyFrom(subject.strategy ?? 'auto')
  const noise = given ?? subject.noise
  const conditions = { noise, seed, faults }
  requireRoomFor(input, subject, conditions)
  const prepared = await withSolver(solver =>
    refusalsAreInput(input, () =>
      prepare(problem, {
        strategy,
        objective,
        spending,
        solver,
        ...conditions,
        order,
      }),
    ),
  )
  const began = performance.now()
  const outcome = runPrepared(problem, prepared, conditions)
  const seconds = flags.steps === undefined ? (performance.now() - began) / 1000 : 0
  const row = simulatedRow(strategy.name, seed, { prepared, outcome, seconds })
  if (flags.json === true) {
    const about = { ...row, ...aboutJob(subject, noise) }
    process.stdout.write(
      `${JSON.stringify({ ...about, assignments: assignmentsOf(problem, outcome) })}\n`,
    )
  } else {
    const notes = subject.job ? jobNotes(subject, noise) : []
    process.stdout.write(simulatedText(problem, row, outcome, notes))
  }
  return exitCode.done
}

/**
 * The object of `plan`, and the measures of the run; those of the ends of tasks are `null` where none
 * ended. Rates are per wall-clock second of simulation.
 */
function simulatedRow(
  strategy: string,
  seed: number,
  { prepared, outcome, seconds }: { prepared: Prepared; outcome: RunOutcome; seconds: number },
) {
  const { schedule: _, gap: __, simulationSeconds, ...measures } = outcome
  return {
    ...boundedRow({ ...outcome, strategy, seed, seconds: prepared.seconds + seconds }),
    ...measures,
    ...(outcome.completions === 0 && Object.fromEntries([...ofEnded].map(name => [name, null]))),
    completionsPerSecond: seconds > 0 ? Math.round(outcome.completions / simulationSeconds) : 0,
    ...(prepared.why && { why: prepared.why }),
  }
}

function simulatedText(
  problem: Problem,
  row: ReturnType<typeof simulatedRow>,
  outcome: RunOutcome,
  notes: readonly string[],
): string {
  const time = (value: number) => formatTime(value, problem.unit)
  const percent = (share: number) => `${formatNumber(share * 100)} %`
  const tried = `${plural(outcome.attempts, 'attempt')}, ${countedRetries(outcome.retries)}`
  const cost = `cost ${hasCosts(problem) ? formatNumber(outcome.cost) : '-'}`
  const head = [`${problem.name}, simulated: ${row.strategy}`, ...notes]
  const why = row.why ? [row.why] : []
  if (outcome.completions === 0)
    return toTerminal([...head, nothingEnded(problem, outcome), `${cost}, ${tried}`, ...why])
  return toTerminal([
    ...head,
    `makespan ${time(outcome.makespan)}, ${distanceOf(problem, outcome)}`,
    `flow time ${time(outcome.meanFlowTime)} on average, ${time(outcome.p95FlowTime)} at the 95th percentile`,
    `utilisation ${percent(outcome.utilisation)}, errors ${percent(outcome.errorRate)}, mean tardiness ${time(outcome.meanTardiness)}, ${cost}, ${tried}`,
    ...why,
    '',
    ganttText(problem, outcome.schedule, terminal()),
  ])
}

function nothingEnded({ tasks }: Problem, { errorRate }: RunOutcome): string {
  const failed = Math.round(errorRate * tasks.length)
  const waited = tasks.length - failed
  return waited === 0
    ? `no task ended: all ${formatCount(failed)} failed for good`
    : `no task ended: ${formatCount(failed)} failed for good, and ${formatCount(waited)} waited for one that did`
}

function distanceOf(
  problem: Problem,
  { gap, optimal, lowerBound, completions, errorRate }: RunOutcome,
): string {
  const undone = problem.tasks.length - completions
  if (undone > 0) {
    const waited = undone > Math.round(errorRate * problem.tasks.length)
    return `${plural(undone, 'task')} failed for good${waited ? ' or waited for one that did' : ''}, and nothing bounds what was left`
  }
  if (optimal) return 'and nothing could have ended sooner'
  return `${formatGap(gap)} above the bound in hindsight (${formatTime(lowerBound, problem.unit)})`
}
