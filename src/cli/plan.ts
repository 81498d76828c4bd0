import type { Command } from 'commander'
import { openHighs } from '../adapter/solver/highs.ts'
import { type PlanOutcome, planProblem, Refused } from '../choose/plan-problem.ts'
import type { Problem } from '../model/problem.ts'
import { InputError } from '../model/input-error.ts'
import type { Solver } from '../port/solver.ts'
import { ganttText } from '../report/gantt-text.ts'
import { mermaidOfPlan } from '../report/mermaid-plan.ts'
import { planJson, planLine, shapeLines } from '../report/plan-view.ts'
import { exitCode, exitWith } from './exit.ts'
import { terminal, toTerminal } from './terminal.ts'
import type { PlanJobOptions } from './problem/plan-job.ts'
import { readInput, refuseJobFlags } from './problem/problem-input.ts'
import { type JobInputFlags, jobOptions } from './problem/problem-options.ts'
import { stopPlanning } from './problem/stop-planning.ts'
import {
  objectiveFrom,
  objectiveOption,
  orderFrom,
  orderHelp,
  spendingFrom,
  strategyFrom,
  wholeFrom,
} from './problem/strategy-flags.ts'

type PlanFlags = JobInputFlags & {
  readonly strategy?: string
  readonly order?: string
  readonly timeLimit?: string
  readonly steps?: string
  readonly seed: string
  readonly objective?: string
  readonly probe?: string
  readonly mermaid?: boolean
  readonly json?: boolean
}

export function registerPlan(program: Command): void {
  const command = program
    .command('plan')
    .argument('<input>', 'a matrix (.csv), a problem or WfFormat instance (.json), or a job file')
    .option(
      '--strategy <name>',
      'auto, portfolio, local-search, milp, heft, mct, ...; auto by default',
    )
    .option('--order <name>', orderHelp)
    .option(
      '--time-limit <duration>',
      'how long a search may take; 0: what is there at once',
      undefined,
    )
    .option(
      '--steps <n>',
      'count steps of the search, some milliseconds each, instead of time: repeats byte for byte (seconds are then 0)',
    )
    .option('--seed <n>', 'for whatever draws lots', '1')
    .option(...objectiveOption)
    .option('--probe <n>', 'of a job: run n items first, to know its times; they count for the run')
    .option('--mermaid', 'a Mermaid chart: the flow of a job, or who does what of a problem')
    .option('--json', 'one JSON object')
  jobOptions(command).action((input: string, flags: PlanFlags) =>
    exitWith(() => runPlan(input, flags), { computes: true }),
  )
}

async function runPlan(input: string, flags: PlanFlags): Promise<number> {
  const strategy = strategyFrom(flags.strategy ?? 'auto')
  const stop = stopPlanning()
  const spending = spendingFrom(flags, 10_000, stop)
  const seed = wholeFrom('--seed', flags.seed, 0)
  const order = flags.order === undefined ? undefined : orderFrom(flags.order)
  const objective = objectiveFrom(flags.objective)
  if (flags.mermaid === true && flags.json === true) {
    throw new InputError('--mermaid and --json: give one of them')
  }
  const read = readInput(input, flags.machines)
  if (read.kind === 'job') {
    return runPlanJob(read.path, flags, { seed, spending, objective })
  }
  refuseJobFlags(input, flags)
  if (flags.probe !== undefined) throw new InputError(`${input}: --probe is for job files`)
  const { problem } = read
  const outcome = await withSolver(solver =>
    refusalsAreInput(input, () =>
      planProblem(problem, {
        strategy,
        seed,
        spending,
        solver,
        objective,
        order,
      }),
    ),
  )
  if (flags.mermaid === true) process.stdout.write(mermaidOfPlan(problem, outcome.schedule))
  else if (flags.json === true) process.stdout.write(`${planJson(problem, outcome)}\n`)
  else process.stdout.write(planText(problem, outcome))
  return stop.isAsked() ? exitCode.interrupted : exitCode.done
}

async function runPlanJob(
  path: string,
  flags: PlanFlags,
  options: Omit<PlanJobOptions, 'solver'>,
): Promise<number> {
  const probed = flags.probe === undefined ? undefined : wholeFrom('--probe', flags.probe, 1)
  const { planJob } = await import('./problem/plan-job.ts')
  const text = await withSolver(solver =>
    refusalsAreInput(path, () =>
      planJob(path, { ...flags, probe: probed }, { ...options, solver }),
    ),
  )
  const whole = flags.json === true || flags.mermaid === true
  process.stdout.write(whole ? text : toTerminal([text.trimEnd()]))
  const { spending } = options
  const interrupted = spending.kind === 'time' && spending.stop?.isAsked() === true
  return interrupted ? exitCode.interrupted : exitCode.done
}

export async function withSolver<T>(use: (solver: Solver) => Promise<T>): Promise<T> {
  const solver = openHighs()
  try {
    return await use(solver)
  } finally {
    await solver.close()
  }
}

/** A strategy that does not take the problem is the user's to change: exit 2, with the reason. */
export async function refusalsAreInput<T>(input: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof Refused) throw new InputError(`${input}: ${error.message}`)
    throw error
  }
}

function planText(problem: Problem, outcome: PlanOutcome): string {
  return toTerminal([
    planLine(problem, outcome),
    ...shapeLines(problem, outcome),
    ...(outcome.why ? [outcome.why] : []),
    ...(outcome.trouble ? [`trouble: ${outcome.trouble}`] : []),
    '',
    ganttText(problem, outcome.schedule, terminal()),
  ])
}
