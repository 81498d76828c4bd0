import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openSource } from '../adapter/source/open-source.ts'
import { openDirectory } from '../adapter/sqlite/directory.ts'
import { estimatesDocument, importedOr } from '../api/host.ts'
import { runDefinition } from '../api/run-definition.ts'
import type { Spending } from '../choose/drive.ts'
import { forecastPlan, shapeOf } from '../choose/forecast-plan.ts'
import { jobProblem, type StageEstimates, uncertaintyOf } from '../choose/job-problem.ts'
import { planProblem } from '../choose/plan-problem.ts'
import { strategyNamed } from '../choose/strategies.ts'
import { refusals } from '../core/explain.ts'
import type { Job } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import { decodeEstimate } from '../policy/estimation/least-squares.ts'
import type { Solver } from '../port/solver.ts'
import { mermaidOf } from '../report/mermaid.ts'
import { type JobPlan, jobPlanJson, jobPlanText } from '../report/job-plan-view.ts'
import { NeverHere } from './exit.ts'
import { directoryFrom, jobFrom, machinesFrom } from './job.ts'
import { probe } from './probe.ts'
import { strategyFrom } from './strategy-flags.ts'

export type PlanJobFlags = {
  readonly strategy?: string
  readonly machines?: string
  readonly dir?: string
  readonly probe?: number
  readonly mermaid?: boolean
  readonly json?: boolean
}

/** `plan` on a job: its flow, or its items, times and forecast. Answers what to print. */
export async function planJob(
  path: string,
  flags: PlanJobFlags,
  options: { readonly seed: number; readonly spending: Spending; readonly solver: Solver },
): Promise<string> {
  const job = await jobFrom(path, flags.strategy === undefined ? {} : { strategy: flags.strategy })
  const machines = await machinesFrom(flags.machines)
  const dir = directoryFrom(flags.dir)
  refuseImpossible(job, machines)
  if (flags.probe !== undefined) await probe(job, machines, dir, flags.probe)
  const input = await inputOf(job)
  const estimates = estimatesOf(job, dir)
  const { problem, stages, perTask } = jobProblem(job, { machines, sizes: input.sizes, estimates })
  if (flags.mermaid === true) {
    const counts = new Map(stages.map(({ name, items }) => [name, items]))
    return mermaidOf(job, input.known ? counts : new Map())
  }
  const unknown = stages.filter(({ name }) => !estimates.has(name)).map(({ name }) => name)
  let plan: JobPlan = { job: job.name, problem, stages, perTask, unknown, inputKnown: input.known }
  if (estimates.size > 0 && input.known && problem.tasks.length > 0) {
    const strategy = strategyNamed(job.strategy) ?? strategyFrom(job.strategy)
    const outcome = await planProblem(problem, { ...options, strategy })
    const spread = { ...uncertaintyOf(estimates), seed: options.seed }
    const forecast = forecastPlan(problem, outcome.schedule, spread)
    plan = { ...plan, outcome, shape: shapeOf(problem), forecast }
  }
  return flags.json === true ? `${jobPlanJson(plan)}\n` : jobPlanText(plan, widthOfTerminal())
}

const widthOfTerminal = (): number => Math.min(160, Math.max(40, process.stdout.columns ?? 100))

function refuseImpossible(job: Job, machines: readonly MachineDefinition[]): void {
  const definition = runDefinition(job, { name: 'plan', seed: 1, now: 0, strategy: 'mct' })
  const refused = refusals(definition, machines)
  if (refused.length === 0) return
  throw new NeverHere(
    `${job.name} can never run here:\n${refused.map(line => `  ${line}`).join('\n')}`,
  )
}

/** The sizes of all items, up to a million; beyond, and where items come by themselves, it is not known. */
async function inputOf(job: Job): Promise<{ sizes: readonly number[]; known: boolean }> {
  if (job.input.kind === 'stdin' || job.input.kind === 'open') return { sizes: [], known: false }
  const size = job.stages.find(({ after }) => after.length === 0)?.size ?? { kind: 'one' }
  const nowhere = {
    spool: () => undefined,
    spooled: () => [],
    put: () => undefined,
    get: () => undefined,
  }
  const source = openSource(job.input, {
    folder: job.folder,
    size,
    params: job.params,
    run: 'plan',
    store: nowhere,
    stdin: undefined,
    importModule: importedOr,
  })
  try {
    const sizes: number[] = []
    for (let cursor: string | undefined; sizes.length < mostItems; ) {
      const chunk = await source.read(cursor, 10_000)
      for (const item of chunk.items) sizes.push(item.size)
      if (chunk.done) return { sizes, known: true }
      cursor = chunk.cursor
    }
    return { sizes, known: false }
  } finally {
    await source.close()
  }
}

const mostItems = 1_000_000

/** What earlier runs of the job learnt, stage by stage. */
function estimatesOf(job: Job, dir: string): Map<string, StageEstimates> {
  const found = new Map<string, StageEstimates>()
  if (!existsSync(join(dir, 'dray.db'))) return found
  const { store, close } = openDirectory(dir)
  try {
    for (const { name } of job.stages) {
      const text = store.get(estimatesDocument(job.name, name))
      if (text === undefined) continue
      const { pooled, machines } = JSON.parse(text) as {
        pooled: number[]
        machines: Record<string, number[]>
      }
      const own = Object.entries(machines).map(([id, from]) => [id, decodeEstimate(from)] as const)
      found.set(name, { pooled: decodeEstimate(pooled), machines: new Map(own) })
    }
  } finally {
    close()
  }
  return found
}
