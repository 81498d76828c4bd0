import { relative } from 'node:path'
import { outColours as pc } from '../colour.ts'
import type { Host } from '../../api/host.ts'
import type { Submitted } from '../../api/submit.ts'
import { changeSince, type Written } from '../../adapter/output/write-output.ts'
import { dueInWords, type StageSummary, type Summary } from '../../api/summary.ts'
import { failuresOf, itemsInWords } from '../../api/why/why-run.ts'
import type { Job } from '../../model/job.ts'
import {
  countOf,
  countOfItems,
  formatBytes,
  formatCount,
  formatDuration,
  plural,
} from '../../std/units.ts'
import { fasterSettings } from './faster.ts'
import { shownName } from '../watch/frame.ts'
import { memoryAdvice } from './memory-advice.ts'
import { clip, coloured, percent, table, wrapped } from '../print.ts'
import { screenWidth } from '../terminal.ts'
import { tookInWords } from '../time-left.ts'
import { whereItWent } from './where-it-went.ts'

/** The end of a run on one screen: how it came out, where the time went, and what to do next. */
export function endReport(summary: Summary, host: Host, job: Job, submitted: Submitted): string {
  if (submitted.plan.kind === 'nothing')
    return sections([
      [...outputLines(summary), ...editedLines(host.written(summary.run))],
      [nextCommand(summary, job)],
    ])
  const faster = fasterSettings(summary, host, job).map((advice): Row => ['faster', advice])
  const givenUp = (summary.givenUp ?? []).map(
    ({ machine, stage, reason }): Row => [
      'given up',
      `${machine} for stage ${shownName(stage)}, which cannot be set up there: ${reason}`,
    ],
  )
  const rows = [...timeRows(summary, host), ...givenUp, ...faster, ...memoryRows(summary, host)]
  return sections([
    [headline(summary)],
    stageLines(summary),
    table(rows.map(([name, value]) => [`  ${pc.dim(name)}`, value])),
    failureLines(summary, host),
    [...outputLines(summary), ...replacedLines(host.written(summary.run))],
    [nextCommand(summary, job)],
  ])
}

/** An empty line between what belongs apart; nothing for what is empty. */
function sections(parts: readonly (readonly string[])[]): string {
  const full = parts.filter(part => part.length > 0)
  const text = `\n${full.map(part => part.join('\n')).join('\n\n')}`
  if (process.stdout.isTTY !== true) return text
  const width = Math.max(40, screenWidth(process.stdout))
  return text
    .split('\n')
    .flatMap(line => wrapped(line, width))
    .join('\n')
}

function headline(summary: Summary): string {
  const { items, state } = summary
  const isAll = summary.stages.every(({ complete }) => complete)
  const counts = [
    `${countOfItems(items.done + items.stopped, items.total, { isAll })} done`,
    items.failed > 0 ? pc.red(`${formatCount(items.failed)} failed`) : '',
    items.skipped > 0 ? pc.yellow(`${formatCount(items.skipped)} skipped`) : '',
    items.cancelled > 0 ? pc.yellow(`${formatCount(items.cancelled)} cancelled`) : '',
    summary.retries > 0 ? `${formatCount(summary.retries)} retried` : '',
  ]
  const head = `${pc.bold(summary.run)} ${coloured(state)} in ${tookInWords(summary)}`
  return `${head}: ${counts.filter(part => part !== '').join(', ')}`
}

/**
 * Only where there is more than one stage: the headline says the rest. Of many those that did not end well, and those
 * that took most work.
 */
function stageLines({ stages }: Summary): string[] {
  if (stages.length < 2) return []
  const told = stages
    .toSorted((a, b) => unwellIn(b) - unwellIn(a) || b.busySeconds - a.busySeconds)
    .slice(0, mostStageRows)
  const lines = table(stages.filter(stage => told.includes(stage)).map(stageRow))
  const left = stages.length - told.length
  return left === 0 ? lines : [...lines, `  and ${plural(left, 'more stage')}`]
}

const mostStageRows = 20

const unwellIn = ({ failed, skipped, cancelled }: StageSummary): number =>
  Number(failed > 0) * 2 + Number(skipped + cancelled > 0)

function stageRow(stage: StageSummary): string[] {
  return [
    `  ${shownName(stage.name)}`,
    stage.complete || stage.total > 0
      ? countOf(stage.done + stage.stopped, stage.total, { isAll: stage.complete })
      : 'not begun',
    stage.busySeconds > 0 ? `${formatDuration(stage.busySeconds * 1e6)} of work` : '',
    stage.failed > 0 ? pc.red(`${formatCount(stage.failed)} failed`) : '',
    stage.skipped > 0 ? pc.yellow(`${formatCount(stage.skipped)} skipped`) : '',
    stage.cancelled > 0 ? pc.yellow(`${formatCount(stage.cancelled)} cancelled`) : '',
  ]
}

type Row = [string, string]

function timeRows(summary: Summary, host: Host): Row[] {
  if (summary.makespan === 0) return []
  const parts = whereItWent(summary, host)
  const over = Math.max(0, summary.makespan - summary.lowerBound)
  const went = parts
    .filter(part => part.seconds >= 0.005 * summary.makespan)
    .map(part => `${part.name} ${formatDuration(part.seconds * 1e6)}`)
  const why = went.length === 0 ? '' : `: ${went.join(', ')}`
  return [
    [
      'makespan',
      `${formatDuration(summary.makespan * 1e6)}, no schedule is below ${formatDuration(summary.lowerBound * 1e6)}`,
    ],
    ['over it', `${formatDuration(over * 1e6)}${why}`],
    [
      'utilisation',
      `${percent(summary.utilisation)} of ${slotsInWords(summary)}, weighted by speed`,
    ],
    ...(summary.window === undefined ? [] : [orderRow(summary.window)]),
    ...(summary.due === undefined
      ? []
      : [['due dates', dueInWords(summary.due)] as [string, string]]),
  ]
}

function orderRow({ order, items }: NonNullable<Summary['window']>): [string, string] {
  return [`order ${order}`, `among ${plural(items, 'item')} at a time, not all there were`]
}

function slotsInWords(summary: Summary): string {
  const slots = summary.machines.reduce((sum, machine) => sum + machine.slots, 0)
  return `${plural(slots, 'slot')} on ${plural(summary.machines.length, 'machine')}`
}

/** Of many stages those with advice, and those that used most. */
function memoryRows(summary: Summary, host: Host): [string, string][] {
  const measured = summary.stages
    .filter(({ memoryPeak }) => memoryPeak > 0)
    .map(stage => ({ stage, advice: memoryAdvice(stage, host.machines) }))
  const told = measured
    .toSorted(
      (a, b) =>
        Number(b.advice !== undefined) - Number(a.advice !== undefined) ||
        b.stage.memoryPeak - a.stage.memoryPeak,
    )
    .slice(0, mostMemoryRows)
  const rows = measured
    .filter(row => told.includes(row))
    .map(({ stage, advice }): [string, string] => {
      const asked =
        stage.memoryAsked === 0 ? 'not asked for' : `${formatBytes(stage.memoryAsked)} asked`
      const value = `${formatBytes(stage.memoryPeak)} used, ${asked}${advice === undefined ? '' : `; ${advice}`}`
      return [`memory ${shownName(stage.name)}`, value]
    })
  const rest = measured.length - told.length
  return rest === 0 ? rows : [...rows, ['', `and ${plural(rest, 'more stage')} that used less`]]
}

const mostMemoryRows = 6

function failureLines(summary: Summary, host: Host): string[] {
  const run = host.runNamed(summary.run)
  if (run === undefined || (summary.items.failed === 0 && summary.problem === undefined)) return []
  const view = { state: host.state, store: host.store, payloads: undefined, owned: true }
  // What stopped the run may be what its items failed of: that is said once.
  const groups = (summary.items.failed === 0 ? [] : failuresOf(view, run)).filter(
    ({ message }) => message !== summary.problem,
  )
  const lines = groups
    .slice(0, mostFailures)
    .flatMap(group => [
      `  ${pc.red(`${group.stage}: ${group.kind}`)}: ${clip(group.message.split('\n')[0], longestMessage)}`,
      pc.dim(`    ${itemsInWords(group)}`),
    ])
  if (groups.length > mostFailures)
    lines.push(pc.dim(`  and ${plural(groups.length - mostFailures, 'more kind')}`))
  return summary.problem === undefined ? lines : [...lines, `  ${pc.red(summary.problem)}`]
}

const mostFailures = 4
/** The rest of a message is `why`'s. */
const longestMessage = 180

function outputLines(summary: Summary): string[] {
  return table(
    summary.outputs.map(output => [
      `  ${shown(output)}`,
      `${plural(output.items, 'item')}, ${output.files === 1 ? '' : `${plural(output.files, 'file')}, `}${formatBytes(output.bytes)}`,
    ]),
  )
}

/** Whoever changed a file may want it so: it is told, not written over. */
function editedLines(written: readonly Written[]): string[] {
  return written.flatMap(output => {
    const change = changeSince(output)
    if (change === undefined) return []
    const what =
      change.kind === 'other'
        ? `no longer what was written: ${formatBytes(change.bytes)} now`
        : 'touched since it was written'
    return [pc.yellow(`  ${shown(output)} is ${what}; moved away, the same command writes it anew`)]
  })
}

function replacedLines(written: readonly Written[]): string[] {
  return written.flatMap(output => {
    const { files, replaced = 0 } = output
    if (replaced === 0) return []
    const one = files === 1 ? shown(output) : `${shown(output)}: ${plural(replaced, 'file')}`
    const since = replaced === 1 ? 'it was' : 'they were'
    return [pc.yellow(`  ${one} had been changed since ${since} last written`)]
  })
}

const shown = ({ path }: { readonly path: string }): string => relative(process.cwd(), path) || path

function nextCommand(summary: Summary, _job: Job): string {
  const { run, state, items } = summary
  if (state === 'interrupted') return `  the same command again goes on with it; dray status ${run}`
  if (summary.problem !== undefined && state === 'failed')
    return `  mended, the same command goes on with it; dray why ${run}`
  if (items.failed > 0) return `  dray why ${run}   dray retry ${run} --failed`
  if (state === 'failed') return `  dray why ${run}   dray logs ${run}`
  if (state === 'cancelled') return `  dray retry ${run} --failed goes on with it`
  return `  dray results ${run}   dray report ${run}`
}
