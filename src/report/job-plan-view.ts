import type { StageItems } from '../choose/job-stages.ts'
import type { PlanOutcome } from '../choose/plan-problem.ts'
import type { Shape } from '../choose/shape.ts'
import type { Problem } from '../model/problem.ts'
import { formatCount, formatDuration, plural } from '../std/units.ts'
import { type GanttOptions, ganttText } from './gantt-text.ts'
import { type KnownTimes, timesJson, timesNotes } from './known-times.ts'
import { assignmentsOf, holdsBack, planLine, planRow, shapeInWords } from './plan-view.ts'

/** What `plan` knows of a job; without an outcome its times, or its items, are not known. */
export type JobPlan = KnownTimes & {
  readonly job: string
  readonly problem: Problem
  readonly stages: readonly StageItems[]
  /** Items planned as one task. */
  readonly perTask: number
  readonly inputKnown: boolean
  /** What ended of the first stage so far, where some of it was run to learn its times. */
  readonly probed?: {
    readonly run: string
    readonly asked: number
    readonly ended: number
    readonly failed: number
  }
  readonly outcome?: PlanOutcome
  readonly shape?: Shape
  readonly forecast?: { readonly low: number; readonly middle: number; readonly high: number }
  /** What of the forecast a slot takes to start and to load its stages. */
  readonly loading?: number
}

export function jobPlanJson(plan: JobPlan): string {
  const { job, problem, stages, outcome, shape, forecast, inputKnown } = plan
  const counts = {
    job,
    items: inputKnown ? (stages[0]?.items ?? 0) : null,
    tasks: inputKnown ? problem.tasks.length : null,
    stages: stages.map(({ name, items }) => ({ name, items: inputKnown ? (items ?? null) : null })),
    slots: problem.machines.length,
    ...(plan.probed && { probed: plan.probed }),
  }
  if (outcome === undefined || shape === undefined) {
    return JSON.stringify({ ...counts, times: 'unknown', unknownStages: plan.unknown })
  }
  return JSON.stringify({
    ...planRow(outcome),
    ...counts,
    ...timesJson(plan),
    ...shape,
    holdsBack: holdsBack(outcome, shape, 'slots'),
    forecast,
    loading: plan.loading,
    assignments: assignmentsOf(problem, outcome),
  })
}

export function jobPlanText(plan: JobPlan, terminal: GanttOptions): string {
  const { problem, stages, outcome, shape, forecast, inputKnown } = plan
  const items = stages.map(stage => itemsText(inputKnown ? stage : { ...stage, items: undefined }))
  const lines = [
    `${plan.job}: items ${items.join(', ')}; ${plural(problem.machines.length, 'slot')}`,
  ]
  if (plan.probed) lines.push(probedInWords(plan.probed))
  if (outcome === undefined || shape === undefined || forecast === undefined) {
    lines.push(whyUnknown(plan))
    return `${lines.join('\n')}\n`
  }
  const seconds = (value: number) => formatDuration(value * 1e6)
  const ready = plan.loading ? `, ${seconds(plan.loading)} of it until slots have loaded` : ''
  const [, ...verdict] = planLine(problem, outcome).split('\n')
  lines.push(
    ...timesNotes(plan),
    ...groupsNotes(stages),
    `${plural(problem.tasks.length, 'task')}${plan.perTask > 1 ? ` of up to ${plan.perTask} items` : ''}, ${shapeInWords(shape, seconds)}`,
    ...verdict,
    ...(outcome.why ? [outcome.why] : []),
    `held back by ${holdsBack(outcome, shape, 'slots')}`,
    `forecast ${seconds(forecast.middle)}, 80 % between ${seconds(forecast.low)} and ${seconds(forecast.high)}${ready}`,
    '',
    ganttText(problem, outcome.schedule, terminal),
  )
  return `${lines.join('\n')}\n`
}

/** `ocr 40`; `words ?` where only a run can tell. */
export const itemsText = ({ name, items }: StageItems): string =>
  `${name} ${items === undefined ? '?' : formatCount(items)}`

/** What was planned of stages whose number of groups nobody knows. */
export function groupsNotes(stages: readonly StageItems[]): string[] {
  const open = stages.filter(({ items }) => items === undefined).map(({ name }) => name)
  if (open.length === 0) return []
  const each = open.length === 1 ? 'it is' : 'each is'
  return [
    `${open.join(', ')}: how many groups there are shows when it runs; planned as if ${each} one`,
  ]
}

function probedInWords({ run, asked, ended, failed }: NonNullable<JobPlan['probed']>): string {
  const went = failed > 0 ? `, ${formatCount(failed)} of them failed: dray why ${run} says why` : ''
  const many = ended === 1 ? '1 item has run' : `${formatCount(ended)} items have run`
  const more =
    ended > asked
      ? ` (${formatCount(asked)} asked for; the others were begun before, or fill a chunk)`
      : ''
  return `${many}${more}, as ${run}${went}; they count for it`
}

function whyUnknown({ unknown, inputKnown, stages, probed }: JobPlan): string {
  if (!inputKnown) return 'items come while it runs: there is nothing to plan beforehand'
  if ((stages[0]?.items ?? 0) === 0) return 'there are no items'
  if (probed) return `times of ${unknown.join(', ')} are still unknown`
  return `times of ${unknown.join(', ')} are unknown: nothing ran yet. Run some items first with --probe 10; they count for the run`
}
