import { formatCount, formatDuration, plural } from '../std/units.ts'
import { busyChart, busyShares } from './busy-chart.ts'
import { ganttChart } from './gantt-chart.ts'
import { escapeHtml, figures, htmlTable, page, scrollBox, section, verdict } from './page.ts'
import { formatFixed } from './digits.ts'
import { formatGap } from './plan-view.ts'
import type { RunChart } from './run-blocks.ts'
import { itemsOf, runVerdict } from './run-verdict.ts'

/** What a page about a run is made from; seconds everywhere. */
export type RunReport = {
  readonly run: string
  readonly job: string
  readonly state: string
  /** Instants, micros since the epoch: the first start, where there was one, and of this page. */
  readonly begun?: number
  readonly drawn?: number
  /** Why it failed, where that is not its items' failures alone. */
  readonly problem?: string
  /** From the first start, loading included, to the last end or now. */
  readonly seconds: number
  readonly lowerBound: number
  readonly utilisation: number
  readonly errorRate: number
  readonly retries: number
  /** As many as `status` says. The chart lacks those that nobody saw end. */
  readonly attempts: number
  /** Of a run at work, the time it has left, in words. */
  readonly left?: string
  /** Items with due dates that ended well, and late. */
  readonly due?: {
    readonly ended: number
    readonly late: number
    readonly mostSeconds: number
    readonly inWords: string
  }
  readonly stages: readonly StageCounts[]
  readonly failures: readonly {
    readonly stage: string
    readonly key: string
    readonly reason: string
  }[]
  /** Where a stage could not be set up, and is not tried any more. */
  readonly givenUp?: readonly {
    readonly machine: string
    readonly stage: string
    readonly reason: string
  }[]
  readonly chart: RunChart
}

export type StageCounts = {
  readonly name: string
  /** All its items are known. */
  readonly complete: boolean
  readonly waiting: number
  readonly running: number
  readonly done: number
  readonly failed: number
  readonly skipped: number
  /** Ended early by their handler, a success. */
  readonly stopped: number
  readonly cancelled: number
  readonly busySeconds: number
}

/** A run as a page: how far it came, who did what when, and what failed. */
export function runHtml(report: RunReport): string {
  const { chart } = report
  const clock = { until: chart.seconds > 0 ? chart.seconds : 1, unit: 's' }
  const body = [
    `<h1>${escapeHtml(report.job)}</h1>`,
    verdict(runVerdict(report)),
    report.problem === undefined ? '' : `<p class="problem">${escapeHtml(report.problem)}</p>`,
    `<p class="lede">${escapeHtml(lede(report))}</p>`,
    headline(report),
    section('Stages', 'Items by state.', stages(report)),
    chart.lanes.length === 0
      ? section('Machines', 'Nothing has started yet.', '')
      : section('Machines', machinesNote(report), schedule(report, clock)),
    report.failures.length === 0 ? '' : section('Failures', failuresNote(report), failures(report)),
  ]
  return page({ title: `${report.job}, run ${report.run}`, body: body.join('\n') })
}

const mostLanes = 128

/** Whoever keeps pages must be able to tell one from another. */
function lede({ run, begun, drawn }: RunReport): string {
  const at = (micros: number) =>
    `${new Date(micros / 1_000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const parts = [
    `Run ${run}`,
    ...(begun ? [`begun ${at(begun)}`] : []),
    ...(drawn ? [`drawn ${at(drawn)}`] : []),
  ]
  return parts.join(', ')
}

function headline(report: RunReport) {
  const { seconds, chart, lowerBound, utilisation, errorRate, retries } = report
  const over = lowerBound > 0 ? formatGap(Math.max(0, seconds / lowerBound - 1)) : '-'
  return figures([
    [
      duration(seconds),
      `first start to ${chart.running > 0 ? 'now' : 'last end'}, loading included`,
    ],
    // What is at work is in no measured time yet: the bound would be of another amount of work.
    chart.running > 0
      ? endedOf(report)
      : [over, `above ${duration(lowerBound)}, which no schedule of the measured times is below`],
    [`${formatFixed(utilisation * 100, 1)} %`, 'utilisation, weighted by speed'],
    [
      `${formatFixed(errorRate * 100, 1)} %`,
      `of items failed; ${retries === 1 ? '1 retry' : `${formatCount(retries)} retries`}`,
    ],
  ])
}

function endedOf({ stages: all }: RunReport): [string, string] {
  const open = all.reduce((sum, { waiting, running }) => sum + waiting + running, 0)
  const known = all.reduce((sum, stage) => sum + itemsOf(stage), 0)
  const more = all.every(({ complete }) => complete) ? '' : '; more may come'
  return [
    `${formatFixed(((known - open) / Math.max(1, known)) * 100, 1)} %`,
    `of ${plural(known, 'item')} have ended${more}`,
  ]
}

const duration = (seconds: number): string => formatDuration(seconds * 1e6)

function stages({ stages: all }: RunReport): string {
  const shown = shades.filter(([state, , , seldom]) => !seldom || all.some(at => at[state] > 0))
  const titles = ['stage', ...shown.map(([state]) => state), 'busy']
  const rows = all.map(stage => [
    stage.name,
    ...shown.map(([state]) => formatCount(stage[state])),
    stage.busySeconds > 0 ? duration(stage.busySeconds) : '-',
  ])
  const marks = shown.filter(([state]) => all.some(at => at[state] > 0))
  return (
    legendOf(marks.map(([state, style, mark]) => [`${style};color:var(--on-block)`, mark, state])) +
    strips(all) +
    htmlTable(titles, rows)
  )
}

/** Each state with its colour and mark, in the order of the bars; of some a column only where there are any. */
const shades = [
  ['done', 'background:var(--done)', '✓', false],
  ['stopped', 'background:var(--done2)', '■', true],
  ['running', 'background:var(--running)', '▶', false],
  ['failed', 'background:var(--failed)', '×', false],
  ['skipped', 'background:var(--barred)', '–', true],
  ['cancelled', 'background:var(--barred)', '∕', true],
  ['waiting', 'background:var(--waiting)', '…', false],
] as const

/** A bar per stage, each part with its mark. */
function strips(all: readonly StageCounts[]): string {
  const bars = all.map(stage => {
    const total = Math.max(1, itemsOf(stage))
    const parts = shades
      .filter(([state]) => stage[state] > 0)
      .map(([state, style, mark]) => {
        const share = ((stage[state] / total) * 100).toFixed(3)
        const said = `${state}: ${formatCount(stage[state])}`
        return `<i style="width:${share}%;${style}" title="${said}">${mark}</i>`
      })
    const said = shades
      .filter(([state]) => stage[state] > 0)
      .map(([state]) => `${formatCount(stage[state])} ${state}`)
    const label = escapeHtml(`${stage.name}: ${said.join(', ') || 'no items yet'}`)
    return `<div class="strip"><span>${escapeHtml(stage.name)}</span><div role="img" aria-label="${label}">${parts.join('')}</div></div>`
  })
  const longest = Math.max(...all.map(({ name }) => name.length))
  return `<style>${stripCss}</style><div class="strips" style="--name:${longest}ch">${bars.join('')}</div>`
}

const stripCss =
  '.strip{display:flex;align-items:center;gap:12px;margin:6px 0;font-size:13px}.strip span{flex:none;width:clamp(110px,var(--name),34%);overflow-wrap:anywhere}' +
  '.strip div{flex:1;display:flex;height:18px;border-radius:4px;overflow:hidden;background:var(--line)}' +
  '.strip i{font:700 11px/18px system-ui;color:var(--on-block);text-align:center;min-width:12px}' +
  '@media(max-width:640px){.strip{flex-wrap:wrap;row-gap:2px}.strip span{width:clamp(84px,var(--name),100%)}.strip div{min-width:120px}}'

function machinesNote({ chart, attempts, givenUp = [] }: RunReport): string {
  const hidden = chart.lanes.length - mostLanes
  const rest = hidden > 0 ? ` ${hidden} more slots are not drawn.` : ''
  const now = chart.running > 0 ? `, ${formatCount(chart.running)} running as this was drawn` : ''
  const left = givenUp.map(
    ({ machine, stage, reason }) => ` ${machine} was given up for stage ${stage}: ${reason}.`,
  )
  return `A lane for each slot of each machine; ${plural(attempts, 'attempt')}, ${formatCount(chart.retried)} tried again, ${formatCount(chart.failed)} failed for good${now}.${undrawnNote(attempts - chart.attempts)}${rest}${loadingNote(chart)}${restsNote(chart)}${left.join('')}`
}

const undrawnNote = (count: number): string =>
  count === 0
    ? ''
    : ` Of ${plural(count, 'attempt')} nobody saw the end, because dray itself was ended or the run cancelled: not drawn.`

/** Said where it can be seen: a blank part of a hundredth and more. */
const loadingNote = ({ loading, seconds }: RunChart): string =>
  loading < 0.01 * seconds
    ? ''
    : ` In the first ${duration(loading)} slots were started and loaded what they need.`

function restsNote({ rests }: RunChart): string {
  if (rests.length === 0) return ''
  const lay = duration(rests.reduce((sum, rest) => sum + rest.seconds, 0))
  const where = rests.length === 1 ? 'at the dotted line' : 'at the dotted lines'
  return ` It was interrupted, or ended and was tried again, ${where}; the ${lay} in which it lay still are left out.`
}

function schedule({ chart }: RunReport, clock: { until: number; unit: string }): string {
  const blocks = chart.lanes.flatMap(lane => lane.blocks.map(block => ({ ...block, weight: 1 })))
  const shares = busyShares(blocks, {
    end: clock.until,
    possible: chart.slots,
    slices: 120,
  })
  const busy = busyChart([{ name: 'slots at work', shares, end: clock.until }], clock)
  const rests = chart.rests.map(({ at }) => at)
  const gantt = ganttChart(chart.lanes.slice(0, mostLanes), {
    ...clock,
    axis: true,
    ticks: true,
    rests,
  })
  const title = '<h3>Slots at work<span>their share, over time</span></h3>'
  return legendOfChart(chart) + scrollBox('charts', gantt + title + busy)
}

/** Style, mark and meaning of what a picture shows. */
function legendOf(
  marks: readonly (readonly [style: string, mark: string, name: string])[],
): string {
  const items = marks.map(
    ([style, mark, name]) => `<span><i style="${style}">${mark}</i>${name}</span>`,
  )
  return `<div class="legend">${items.join('\n')}</div>`
}

/** Only what is there: a run that has ended has nothing running. */
function legendOfChart({ running, retried, failed }: RunChart): string {
  const shown = [
    ['background:var(--done);color:var(--on-block)', '✓', 'done', 1],
    ['background:var(--running);color:var(--on-block)', '▶', 'running, up to now', running],
    ['background:var(--retry)', '○', 'failed, tried again', retried],
    ['background:var(--failed)', '×', 'failed for good', failed],
  ] as const
  return legendOf(
    shown.filter(([, , , count]) => count > 0).map(([style, mark, name]) => [style, mark, name]),
  )
}

function failuresNote({ failures: shown, stages: all, run }: RunReport): string {
  const failed = all.reduce((sum, stage) => sum + stage.failed, 0)
  const more = failed - shown.length
  return more > 0
    ? `${formatCount(shown.length)} of ${formatCount(failed)}; dray results ${run} --failed lists all.`
    : 'dray why says of each what would help.'
}

function failures({ failures: all }: RunReport): string {
  return htmlTable(
    ['item', 'stage', 'reason'],
    all.map(({ key, stage, reason }) => [cut(key, 200), stage, cut(reason, 400)]),
    { text: true },
  )
}

/** Long enough to be known again. */
function cut(text: string, most: number): string {
  const letters = [...text]
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`
}
