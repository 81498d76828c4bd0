import { HEADROOM, serialHorizon, tickOf } from '../../model/horizon.ts'
import { InputError } from '../../model/input-error.ts'
import type { Objective } from '../../model/job.ts'
import type { Problem } from '../../model/problem.ts'
import { arrivingAt, poissonArrivals } from '../../sim/uncertainty.ts'
import { groupsNotes, itemsText } from '../../report/job-plan-view.ts'
import { timesJson, timesNotes } from '../../report/known-times.ts'
import { plural } from '../../std/units.ts'
import type { JobSubject } from './job-subject.ts'
import { readInput, refuseJobFlags } from './problem-input.ts'
import type { JobInputFlags } from './problem-options.ts'
import { amountFrom, objectiveFrom, orderFrom, wholeFrom } from './strategy-flags.ts'

/**
 * What `simulate` and `compare` work on: a problem as it was read, or a job with the times its runs
 * learnt. A job brings its own strategy, order, objective and noise, which flags override.
 */
export type Schedulable = {
  readonly problem: Problem
  readonly objective: Objective
  readonly strategy?: string
  readonly order?: string
  /** Coefficient of variation of the durations where no flag says otherwise. */
  readonly noise: number
  readonly job?: JobSubject
}

type SchedulableFlags = JobInputFlags & {
  readonly strategy?: string
  readonly order?: string
  readonly objective?: string
  readonly arrivals?: string
  readonly seed: string
}

export async function schedulable(path: string, flags: SchedulableFlags): Promise<Schedulable> {
  const objective = objectiveFrom(flags.objective)
  const order = flags.order === undefined ? undefined : orderFrom(flags.order)
  const read = readInput(path, flags.machines)
  if (read.kind === 'problem') {
    refuseJobFlags(path, flags)
    const { strategy } = flags
    return {
      problem: arriving(path, read.problem, flags),
      objective: objective ?? 'makespan',
      noise: 0,
      strategy,
      order,
    }
  }
  if (flags.arrivals !== undefined) {
    throw new InputError(
      `${path}: --arrivals is for problems; the items of a job are there at once`,
    )
  }
  const { jobSubject, requireTimes } = await import('./job-subject.ts')
  const subject = await jobSubject(read.path, flags)
  requireTimes(path, subject)
  const { job, problem, noise } = subject
  return {
    problem,
    objective: objective ?? job.objective,
    strategy: job.strategy,
    noise,
    job: subject,
    ...(job.order !== undefined && { order: orderFrom(job.order) }),
  }
}

/** `--arrivals 2.5`: a Poisson stream of the seed; release dates hold beside it. */
function arriving(path: string, problem: Problem, flags: SchedulableFlags): Problem {
  if (flags.arrivals === undefined) return problem
  const gap = amountFrom('--arrivals', flags.arrivals)
  const seed = wholeFrom('--seed', flags.seed, 0)
  const arrived = arrivingAt(problem, poissonArrivals(problem.tasks.length, gap, seed))
  requireRoomFor(path, { problem: arrived }, { arrivals: gap })
  return arrived
}

/** Noise, faults and late arrivals stretch a horizon that may only just be exact without them. */
export function requireRoomFor(
  path: string,
  { problem }: Pick<Schedulable, 'problem'>,
  conditions: { readonly noise?: number; readonly faults?: unknown; readonly arrivals?: number },
): void {
  const { noise = 0, faults, arrivals } = conditions
  if (noise === 0 && faults === undefined && arrivals === undefined) return
  const horizon = serialHorizon(problem)
  if (tickOf(horizon * HEADROOM) !== undefined) return
  throw new InputError(
    `${path}: times are too large to be simulated exactly with noise, faults or arrivals: everything run one after another takes ${horizon} ${problem.unit}\n` +
      `  expected a sum below 2^53 / ${HEADROOM} (about 1.1e15); state times in a coarser unit`,
  )
}

/** What the JSON of a job says beside the measures. */
export function aboutJob({ job }: Pick<Schedulable, 'job'>, noise: number) {
  if (job === undefined) return {}
  return {
    job: job.job.name,
    items: job.stages[0]?.items ?? 0,
    tasks: job.problem.tasks.length,
    slots: job.problem.machines.length,
    ...timesJson(job),
    noise: Math.round(noise * 1e6) / 1e6,
  }
}

/** The same in words, a line each. */
export function jobNotes({ job }: Pick<Schedulable, 'job'>, noise: number): string[] {
  if (job === undefined) return []
  const items = job.stages.map(itemsText)
  const per = job.perTask > 1 ? `, planned in tasks of up to ${job.perTask} items` : ''
  return [
    `items ${items.join(', ')} on ${plural(job.problem.machines.length, 'slot')}${per}; times as earlier runs learnt them, ${noise > 0 ? `varying by ${Math.round(noise * 100)} %` : 'taken as exact'}`,
    ...timesNotes(job),
    ...groupsNotes(job.stages),
  ]
}
