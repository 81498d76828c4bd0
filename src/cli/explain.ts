import type { Host } from '../api/host.ts'
import { type Outlook, outlookOf, type StageOutlook } from '../api/again/outlook.ts'
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
  for (const line of outlookLines(job, outlook)) print(line)
  return exitCode.done
}

function planInWords(kind: string, run: string | undefined): string {
  if (kind === 'new') return 'begins anew'
  if (kind === 'goOn') return `goes on with ${run}`
  if (kind === 'nothing') return `nothing to do after ${run}`
  return `continues ${run}: results of unchanged items are kept, the rest runs`
}

function outlookLines(job: Job, outlook: Outlook | undefined): string[] {
  if (outlook === undefined) return []
  const { stages, cutAt, partial } = outlook
  const rows = stages.map(stage => {
    const spec = job.stages.find(({ name }) => name === stage.stage)
    const text =
      stage.whole === undefined
        ? inWords(stage, spec?.after[0], partial === true)
        : wholeInWords(stage.whole, spec)
    return [`  ${stage.stage}`, text]
  })
  const cut = cutAt === undefined ? [] : [`  (of the first ${plural(cutAt, 'item')} of its input)`]
  return [...table(rows), ...cut]
}

function wholeInWords(whole: StageOutlook['whole'], stage: StageSpec | undefined): string {
  if (whole !== 'changed') return whole === 'first' ? 'to run' : 'runs again'
  return stage?.kind === 'map'
    ? `runs where ${stage.after[0]} comes out otherwise`
    : 'runs where what it gathers has changed'
}

function inWords(stage: StageOutlook, upstream: string | undefined, isPartial: boolean): string {
  const { kept, runs, undecided = 0, fresh = 0, gone = 0, left = 0 } = stage
  const { changed = 0, redone = 0, failed = 0, skipped = 0, cancelled = 0 } = stage
  const others = runs - changed - redone - failed - skipped - cancelled - fresh
  const parts: readonly (readonly [items: number, what: string])[] = [
    [undecided, `again if ${upstream ?? 'its input'} comes out otherwise`],
    [changed, 'changed'],
    [redone, 'to redo'],
    [failed, 'failed before'],
    [skipped, 'skipped before'],
    [cancelled, 'cancelled before'],
    [fresh, isPartial ? 'new or not finished' : 'new'],
    [others, 'to run'],
    [left, 'without a result, not tried again'],
    [gone, 'gone'],
  ]
  const words = parts.flatMap(([items, what]) =>
    items > 0 ? [`${formatCount(items)} ${what}`] : [],
  )
  const unread = stage.unread === true ? ['and what is not read yet'] : []
  return [`${formatCount(kept)} kept`, ...words, ...unread].join(', ')
}
