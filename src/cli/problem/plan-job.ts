import type { Spending } from '../../choose/drive.ts'
import { forecastPlan } from '../../choose/forecast-plan.ts'
import { planProblem } from '../../choose/plan-problem.ts'
import { shapeOf } from '../../choose/shape.ts'
import { strategyNamed } from '../../choose/strategies.ts'
import type { Objective } from '../../model/job.ts'
import type { Solver } from '../../port/solver.ts'
import { type JobPlan, jobPlanJson, jobPlanText } from '../../report/job-plan-view.ts'
import { mermaidOf } from '../../report/mermaid.ts'
import { type JobSubjectFlags, jobSubject } from './job-subject.ts'
import { type Probed, probe } from './probe.ts'
import { strategyFrom } from './strategy-flags.ts'
import { terminal } from '../terminal.ts'

type PlanJobFlags = JobSubjectFlags & {
  readonly probe?: number
  readonly mermaid?: boolean
  readonly json?: boolean
}

export type PlanJobOptions = {
  readonly seed: number
  readonly spending: Spending
  readonly solver: Solver
  /** In place of the job's own. */
  readonly objective?: Objective
}

/** `plan` on a job: its flow, or its items, times and forecast. Answers what to print. */
export async function planJob(
  path: string,
  flags: PlanJobFlags,
  options: PlanJobOptions,
): Promise<string> {
  let probed: Probed | undefined
  const subject = await jobSubject(path, flags, async ({ job, machines, dir }) => {
    if (flags.probe !== undefined) probed = await probe(job, machines, dir, flags.probe)
  })
  const { job, problem, stages, perTask, unknown, changed, inputKnown } = subject
  if (flags.mermaid === true) {
    const counted = stages.flatMap(({ name, items }) =>
      items === undefined ? [] : [[name, items] as const],
    )
    return mermaidOf(job, new Map(inputKnown ? counted : []))
  }
  let plan: JobPlan = {
    ...{ job: job.name, problem, stages, perTask, unknown, changed, inputKnown },
    probed,
  }
  if (unknown.length < job.stages.length && inputKnown && problem.tasks.length > 0) {
    const strategy = strategyNamed(job.strategy) ?? strategyFrom(job.strategy)
    const objective = options.objective ?? job.objective
    const { order } = job
    const outcome = await planProblem(problem, { ...options, strategy, objective, order })
    const { noise, common, loading, hindsight } = subject
    const luck = { noise, common, loading, hindsight, seed: options.seed }
    const forecast = forecastPlan(problem, outcome.schedule, luck)
    plan = { ...plan, outcome, shape: shapeOf(problem), forecast, loading }
  }
  return flags.json === true ? `${jobPlanJson(plan)}\n` : jobPlanText(plan, terminal())
}
