import type { Host } from '../api/host.ts'
import { type Outlook, outlookOf, type StageOutlook } from '../api/outlook.ts'
import { explainSubmission, type SubmitOptions } from '../api/submit.ts'
import type { Job, StageSpec } from '../model/job.ts'
import { formatCount, plural } from '../std/units.ts'
import { exitCode } from './exit.ts'
import { print, printJson, table } from './print.ts'
import type { RunFlags } from './run.ts'

/** `run --explain`: what would run again and why; nothing runs. */
export async function explain(
  host: Host,
  job: Job,
  flags: RunFlags & SubmitOptions,
): Promise<number> {
  const plan = await explainSubmission(host, job, flags)
  const outlook = await outlookOf(host, job, plan)
  if (flags.json === true) {
    printJson({ job: job.name, ...plan, ...outlook })
    return exitCode.done
  }
  const run = 'run' in plan ? plan.run : 'previous' in plan ? plan.previous : undefined
  print(`${job.name}: ${planInWords(plan.kind, run)}: ${plan.why}`)
  const redo = plan.kind === 'continue' ? plan.redo : []
  for (const line of outlookLines(job, outlook, redo)) print(line)
  return exitCode.done
}

function planInWords(kind: string, run: string | undefined): string {
  if (kind === 'new') return 'begins anew'
  if (kind === 'goOn') return `goes on with ${run}`
  if (kind === 'nothing') return `nothing to do after ${run}`
  return `continues ${run}: results of unchanged items are kept, the rest runs`
}

function outlookLines(job: Job, outlook: Outlook | undefined, redo: readonly string[]): string[] {
  if (outlook === undefined) return []
  const rows = outlook.stages.map(stage => {
    const spec = job.stages.find(({ name }) => name === stage.stage)
    const isWhole = spec !== undefined && spec.kind !== 'map' && stage.kept + stage.runs === 0
    return [
      `  ${stage.stage}`,
      isWhole ? wholeInWords(spec, redo.includes(spec.name)) : inWords(stage, spec?.after[0]),
    ]
  })
  const cut =
    outlook.cutAt === undefined
      ? []
      : [`  (of the first ${plural(outlook.cutAt, 'item')} of its input)`]
  return [...table(rows), ...cut]
}

const wholeInWords = ({ gather }: StageSpec, redone: boolean): string =>
  redone || gather.kind === 'tree' ? 'runs again' : 'runs where what it gathers has changed'

function inWords(stage: StageOutlook, upstream: string | undefined): string {
  const { kept, runs, undecided = 0, changed = 0, fresh = 0, gone = 0 } = stage
  const parts = [
    `${formatCount(kept)} kept`,
    undecided > 0
      ? `${formatCount(undecided)} again if ${upstream ?? 'its input'} comes out otherwise`
      : '',
    changed > 0 ? `${formatCount(changed)} again` : '',
    fresh > 0 ? `${formatCount(fresh)} new` : '',
    changed + fresh === 0 && runs > 0 ? `${formatCount(runs)} to run` : '',
    gone > 0 ? `${formatCount(gone)} gone` : '',
  ]
  return parts.filter(part => part !== '').join(', ')
}
