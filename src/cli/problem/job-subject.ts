import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readDirectory } from '../../adapter/sqlite/directory.ts'
import { codeFingerprints, stageFingerprints } from '../../api/again/fingerprints.ts'
import { hindsightBefore } from '../../api/beside/hindsight.ts'
import { learntTimes } from '../../api/beside/learnt-times.ts'
import { refuseNeverHere } from '../../api/never-here.ts'
import {
  type JobProblem,
  jobProblem,
  type StageEstimates,
  type Uncertainty,
  uncertaintyOf,
} from '../../choose/job-problem.ts'
import { InputError } from '../../model/input-error.ts'
import type { Job } from '../../model/job.ts'
import type { MachineDefinition } from '../../model/run.ts'
import type { Hindsight } from '../../policy/estimation/hindsight.ts'
import { decodeEstimate } from '../../policy/estimation/least-squares.ts'
import type { RunRecord, Store } from '../../port/store.ts'
import type { KnownTimes } from '../../report/known-times.ts'
import { directoryFrom } from '../directory.ts'
import { itemsOfInput } from './items-of-input.ts'
import { jobFrom, machinesFrom } from '../job.ts'
import type { JobInputFlags } from './problem-options.ts'

/**
 * A job as `plan`, `simulate` and `compare` take it: its items counted, its times as earlier runs
 * learnt them, a machine for each slot. What is not known stays unknown.
 */
export type JobSubject = JobProblem &
  Uncertainty &
  KnownTimes & {
    readonly job: Job
    /** Seconds that a slot takes to start and to load all stages, as was learnt. */
    readonly loading: number
    /** How forecasts of earlier runs came out. */
    readonly hindsight: Hindsight
    /** False where items come by themselves, or are too many to be counted first. */
    readonly inputKnown: boolean
  }

export type JobSubjectFlags = JobInputFlags & {
  readonly strategy?: string
  readonly order?: string
}

export async function jobSubject(
  path: string,
  flags: JobSubjectFlags,
  before: (given: JobOnMachines) => Promise<void> = async () => undefined,
): Promise<JobSubject> {
  const { input, param, strategy, order } = flags
  const job = await jobFrom(path, {
    input,
    param,
    strategy,
    order,
  })
  const machines = await machinesFrom(flags.machines)
  const dir = directoryFrom(flags.dir)
  refuseNeverHere(job, machines)
  await before({ job, machines, dir })
  const { sizes, wishes, known } = await itemsOfInput(job, { since: Date.now() * 1_000 })
  const { estimates, changed, groups, hindsight } = await learntOf(job, dir)
  const unknown = job.stages.map(({ name }) => name).filter(name => !estimates.has(name))
  const planned = jobProblem(job, { machines, sizes, wishes, estimates, groups })
  return {
    job,
    ...planned,
    ...uncertaintyOf(
      estimates,
      new Map(planned.stages.map(({ name, items = 1 }) => [name, items])),
    ),
    loading: loadingOf(estimates.values()),
    unknown,
    changed,
    hindsight,
    inputKnown: known,
  }
}

type JobOnMachines = {
  readonly job: Job
  readonly machines: readonly MachineDefinition[]
  readonly dir: string
}

/** Nothing can be simulated of a job whose items or times nobody knows; the error says how to learn them. */
export function requireTimes(path: string, subject: JobSubject): void {
  const { job, unknown, inputKnown } = subject
  if (!inputKnown) {
    throw new InputError(
      `${path}: the items of ${job.name} come while it runs, or are too many: there is nothing to simulate beforehand\n` +
        '  expected an input that can be read first; --input gives another',
    )
  }
  if (unknown.length < job.stages.length) return
  throw new InputError(
    `${path}: the times of ${job.name} are unknown: nothing of it has run in this directory\n` +
      `  dray plan ${path} --probe 10 runs ten items to learn them; they count for the run`,
  )
}

function loadingOf(estimates: Iterable<StageEstimates>): number {
  let micros = 0
  for (const { loading = 0 } of estimates) micros += loading
  return micros / 1e6
}

/** Of the newest run that came to the stage. */
function groupsIn(store: Store, runs: readonly RunRecord[], stage: string): number | undefined {
  for (const { name } of runs) {
    const counts = Object.values(store.counts(name, stage))
    const groups = counts.reduce((sum, count) => sum + count, 0)
    if (groups > 0) return groups
  }
  return undefined
}

/**
 * What earlier runs of the job learnt, stage by stage; `changed`: of which it was learnt before they changed;
 * `groups`: how many the last run had of each stage with `by` that ran; `hindsight`: how forecasts came out.
 */
async function learntOf(job: Job, dir: string) {
  const estimates = new Map<string, StageEstimates>()
  const changed: string[] = []
  const groups = new Map<string, number>()
  if (!existsSync(join(dir, 'dray.db'))) return { estimates, changed, groups, hindsight: [] }
  const prints = stageFingerprints(job, await codeFingerprints(job))
  const { store, close } = readDirectory(dir)
  try {
    const ended = store.runs().filter(({ job: of, endedAt }) => of === job.name && endedAt)
    for (const { name, by } of job.stages) {
      const had = by === undefined ? undefined : groupsIn(store, ended.toReversed(), name)
      if (had !== undefined) groups.set(name, had)
      const times = learntTimes(store, { job: job.name, stage: name }, prints)
      if (times === undefined) continue
      if (times.changed) changed.push(name)
      const own = Object.entries(times.machines).map(
        ([id, from]) => [id, decodeEstimate(from)] as const,
      )
      const { pooled, handover, loading } = times
      estimates.set(name, {
        pooled: decodeEstimate(pooled),
        machines: new Map(own),
        ...(handover && { handover: decodeEstimate(handover) }),
        ...(loading !== undefined && { loading }),
      })
    }
    return { estimates, changed, groups, hindsight: hindsightBefore(store, job.name, prints) }
  } finally {
    close()
  }
}
